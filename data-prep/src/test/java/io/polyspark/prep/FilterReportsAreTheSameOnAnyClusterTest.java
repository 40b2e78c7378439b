package io.polyspark.prep;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.polyspark.prep.decontaminate.Decontaminate;
import io.polyspark.prep.decontaminate.EvaluationNgrams;
import io.polyspark.prep.filter.BadWords;
import io.polyspark.prep.filter.C4;
import io.polyspark.prep.filter.FilterJob;
import io.polyspark.prep.filter.FilterPipeline;
import io.polyspark.prep.filter.FineWeb;
import io.polyspark.prep.filter.GopherQuality;
import io.polyspark.prep.filter.GopherRepetition;
import io.polyspark.prep.filter.PipelineReport;
import io.polyspark.prep.filter.RemovedSample;
import io.polyspark.prep.filter.Stage;
import io.polyspark.prep.filter.StageReport;
import io.polyspark.prep.mask.MaskAddresses;
import io.polyspark.prep.normalize.Normalize;
import io.polyspark.prep.read.FileSource;
import io.polyspark.prep.read.InputFiles;
import io.polyspark.prep.read.ReadOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Counts and samples are those of the corpus, however it is ordered and divided. */
class FilterReportsAreTheSameOnAnyClusterTest {
  private static final String[] WORDS = {
    "the", "of", "and", "river", "garden", "window", "summer", "walked", "quietly", "because"
  };

  @TempDir Path directory;

  @Test
  void onSparkInAnyPartitions() throws IOException {
    List<String> texts = texts();
    Path lines = write("lines.jsonl", texts);
    Collections.reverse(texts);
    Path reversed = write("reversed.jsonl", texts);
    FilterPipeline pipeline = new FilterPipeline(stages(), 3, 42);

    PipelineReport one;
    try (LocalSpark spark =
        new LocalSpark(
            2, Map.of("spark.serializer", "org.apache.spark.serializer.KryoSerializer"))) {
      one = run(spark, lines, Long.MAX_VALUE, pipeline);
      assertThat(run(spark, lines, 12_000, pipeline)).isEqualTo(one);
      assertThat(run(spark, reversed, 9000, pipeline)).isEqualTo(one);
    }

    List<StageReport> stages = one.stages();
    assertThat(stages.get(0).in().documents()).isEqualTo(texts.size());
    for (int i = 0; i < stages.size(); i++) {
      StageReport stage = stages.get(i);
      long removed = stage.removed().values().stream().mapToLong(Long::longValue).sum();
      assertThat(stage.in().documents()).isEqualTo(stage.out().documents() + removed);
      if (i > 0) {
        assertThat(stage.in()).isEqualTo(stages.get(i - 1).out());
      }
      stage
          .removed()
          .forEach(
              (rule, count) ->
                  assertThat(stage.samples().get(rule).entries())
                      .isSortedAccordingTo((a, b) -> Long.compare(a.rank(), b.rank()))
                      .hasSize((int) Math.min(3, count)));
    }
    assertThat(one.removed())
        .containsOnlyKeys(
            "gopher_repetition.max_duplicate_lines",
            "gopher_quality.min_words",
            "bad_words.listed",
            "decontaminate.max_share");
    assertThat(stages.get(stages.size() - 1).events()).containsEntry("email", 40L);
    RemovedSample sample = stages.get(2).samples().get("min_words");
    assertThat(sample.entries().get(0).text()).matches("Short text number.*|Dies ist ein Satz.*");
  }

  private static List<Stage> stages() {
    return List.of(
        Normalize.DEFAULTS,
        GopherRepetition.DEFAULTS,
        GopherQuality.DEFAULTS,
        new C4(false, 5, 1000, 3, true, true, true, true, true),
        FineWeb.DEFAULTS,
        new BadWords(List.of("darned thing")),
        Decontaminate.any(
            EvaluationNgrams.of(
                List.of("a b c d e f g h i j k l m n o p q r s t u v w x y z").iterator(), 13)),
        MaskAddresses.DEFAULTS);
  }

  private static PipelineReport run(
      LocalSpark spark, Path file, long partitionBytes, FilterPipeline pipeline) {
    FileSource source =
        new FileSource(
            InputFiles.list(List.of(file.toString()), new Configuration()),
            ReadOptions.defaults().withDocumentSeparator(DocumentSeparator.FILE),
            partitionBytes);
    return FilterJob.run(spark.context(), source, pipeline);
  }

  private static List<String> texts() {
    Random random = new Random(5);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      texts.add("Short text number " + i + " is what this document has to say to its readers.");
      texts.add(prose(random) + "\n" + "The same line again and again.\n".repeat(9));
      texts.add("Dies ist ein Satz in einer anderen Sprache, die niemand hier lesen will. " + i);
      texts.add(prose(random) + "\nWrite to me" + i + "@example.com as soon as you can.");
      if (i % 4 == 0) {
        texts.add(prose(random) + "\nThat is a darned thing to have said.");
        texts.add(prose(random) + "\nHere is a b c d e f g h i j k l m n o p.");
      }
    }
    return texts;
  }

  private static String prose(Random random) {
    StringBuilder text = new StringBuilder();
    for (int sentence = 0; sentence < 8; sentence++) {
      text.append("And");
      for (int word = 0; word < 12; word++) {
        text.append(' ').append(WORDS[random.nextInt(WORDS.length)]);
      }
      text.append(random.nextInt(1000)).append(".\n");
    }
    return text.toString().strip();
  }

  private Path write(String name, List<String> texts) throws IOException {
    StringBuilder lines = new StringBuilder();
    ObjectMapper json = new ObjectMapper();
    for (String text : texts) {
      lines.append(json.writeValueAsString(Map.of("text", text))).append('\n');
    }
    return Files.writeString(directory.resolve(name), lines);
  }
}
