package io.polyspark.prep.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.prep.LocalSpark;
import io.polyspark.prep.PrepareListener;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PipelineOnHdfsTest {
  private static final PrepareListener NONE = PrepareListener.NONE;

  @TempDir static java.nio.file.Path disk;
  private static MiniDFSCluster cluster;
  private static FileSystem hdfs;
  private static LocalSpark spark;

  @BeforeAll
  static void startClusters() throws IOException {
    Configuration configuration = new Configuration();
    configuration.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, disk.resolve("hdfs").toString());
    cluster = new MiniDFSCluster.Builder(configuration).numDataNodes(1).build();
    hdfs = cluster.getFileSystem();
    spark =
        LocalSpark.forSmallTables(Map.of("spark.hadoop.fs.defaultFS", hdfs.getUri().toString()));
  }

  @AfterAll
  static void stopClusters() {
    spark.close();
    cluster.shutdown();
  }

  @Test
  void aCorpusIsMadeAndAnotherGrows() throws IOException {
    List<String> first = Corpus.withDuplicates(30_000, 1);
    put("/in/web/1.jsonl", first);
    PipelineResult alone = Pipeline.run(spark.context(), plan(), new Path("/out/alone"), NONE);
    assertThat(names("/out")).containsExactly("alone");
    assertThat(names("/out/alone"))
        .containsExactly("manifest.json", "report", "tokenizer.json", "train", "validation");

    Path data = new Path("/out/grown");
    PipelineResult night = Pipeline.grow(spark.context(), plan(), data, NONE);
    assertThat(tokens(night.manifest())).isEqualTo(tokens(alone.manifest()));
    List<String> second = Corpus.prose(30_000, 2);
    second.addAll(first);
    put("/in/web/2.jsonl", second);
    Manifest grown = Pipeline.grow(spark.context(), plan(), data, NONE).manifest();
    assertThat(grown.version()).isEqualTo(2);
    for (Manifest.Split split : grown.splits().values()) {
      split.files().forEach(file -> TokenShards.verify(hdfs, data, file));
    }
    long news = grown.documents().kept() - night.manifest().documents().kept();
    assertThat(news).isPositive().isLessThanOrEqualTo(second.size() - first.size());
    assertThat(names("/out")).containsExactly("alone", "grown");
    assertThat(names("/out/grown"))
        .containsExactly(
            "_lease",
            "_state",
            "manifest-000001.json",
            "manifest-000002.json",
            "manifest.json",
            "reports",
            "tokenizer.json",
            "train",
            "validation");
    assertThat(names("/out/grown/reports")).containsExactly("000001", "000002");
  }

  /** The tokens of each split. */
  private static List<Long> tokens(Manifest manifest) {
    return manifest.splits().values().stream().map(Manifest.Split::tokens).toList();
  }

  private static PipelinePlan plan() throws IOException {
    java.nio.file.Path file =
        Files.writeString(
            disk.resolve("web.yaml"),
            """
            sources: {web: {input: /in/web}, books: {input: '/in/books/*'}}
            gopher_quality: {min_words: 30, min_stop_words: 1}
            deduplicate: on
            validation_fraction: 0.2
            """);
    return PipelinePlan.ofGrowing(
        PipelineFile.load(file, List.of(), List.of()), spark.context().hadoopConfiguration());
  }

  private static void put(String path, List<String> texts) throws IOException {
    java.nio.file.Path local = Corpus.write(disk.resolve("lines.jsonl"), texts);
    hdfs.copyFromLocalFile(new Path(local.toUri()), new Path(path));
  }

  private static List<String> names(String directory) throws IOException {
    return Arrays.stream(hdfs.listStatus(new Path(directory)))
        .map(FileStatus::getPath)
        .map(Path::getName)
        .toList();
  }
}
