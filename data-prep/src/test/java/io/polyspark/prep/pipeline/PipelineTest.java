package io.polyspark.prep.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.shards.Manifest;
import io.polyspark.prep.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PipelineTest {
  private static LocalSpark spark;

  @TempDir Path directory;
  private final List<String> phases = new ArrayList<>();

  @BeforeAll
  static void start() {
    spark = LocalSpark.forSmallTables();
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  @BeforeEach
  void write() throws IOException {
    Path web = Files.createDirectories(directory.resolve("web"));
    for (int file = 0; file < 3; file++) {
      Corpus.write(web.resolve(file + ".jsonl"), Corpus.withDuplicates(60_000, file));
    }
    Corpus.write(directory.resolve("books.jsonl"), Corpus.prose(40_000, 9));
    Files.writeString(
        directory.resolve("web.yaml"),
        """
        sources:
          web: {input: %1$s/web}
          books: {input: %1$s/books.jsonl, weight: 2.5, validation_fraction: 0.2}
        normalize: on
        gopher_quality: {min_words: 30, min_stop_words: 1}
        deduplicate: on
        mask_addresses: on
        validation_fraction: 0.1
        shard_tokens: 50000
        """
            .formatted(directory));
  }

  @Test
  void itsFilesDoNotDependOnHowTheInputIsDivided() throws IOException {
    Map<String, String> one = sums(run("one", "partition_bytes=1000000000"));
    assertThat(sums(run("seven", "partition_bytes=40000"))).isEqualTo(one);
    assertThat(sums(run("sixty-four", "partition_bytes=3800"))).isEqualTo(one);
    assertThat(one.keySet()).contains("train/00000.npy", "train/00001.npy", "manifest.json");
  }

  @Test
  void everyDocumentIsAccountedFor() {
    PipelineResult result = run("out");
    Manifest.Documents documents = result.manifest().documents();
    assertThat(documents.dropped().keySet())
        .contains("deduplicate.exact", "deduplicate.near", "gopher_quality.min_words");
    assertThat(documents.kept() + documents.dropped().values().stream().mapToLong(n -> n).sum())
        .isEqualTo(documents.read());
  }

  private PipelineResult run(String name, String... overrides) {
    PipelineConfig config =
        PipelineFile.load(directory.resolve("web.yaml"), List.of(overrides), List.of());
    PipelinePlan plan = PipelinePlan.of(config, spark.context().hadoopConfiguration());
    org.apache.hadoop.fs.Path output =
        new org.apache.hadoop.fs.Path(directory.resolve(name).toUri());
    return Pipeline.run(spark.context(), plan, output, phases::add);
  }

  private static Map<String, String> sums(PipelineResult result) throws IOException {
    Map<String, String> sums = LocalSpark.sums(Path.of(result.output().toUri()));
    // Has times in it.
    sums.keySet().removeIf(name -> name.startsWith("report/"));
    return sums;
  }
}
