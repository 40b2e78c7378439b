package io.polyspark.prep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SameFilesOnAnyClusterTest {
  @TempDir Path directory;

  @Test
  void whateverTheNumberOfTasksAndTheSerializer() throws IOException {
    Path input = Files.createDirectory(directory.resolve("in"));
    Random random = new Random(5);
    // Above a megabyte, so that files are divided, at places that mean nothing.
    StringBuilder lines = new StringBuilder();
    StringBuilder paragraphs = new StringBuilder();
    for (int i = 0; i < 30_000; i++) {
      String text = "document " + i + " é".repeat(random.nextInt(40));
      lines.append("{\"text\": \"").append(text).append("\"}\n");
      paragraphs.append(text).append(random.nextBoolean() ? "\n\n" : "\n \n\t\n");
    }
    Files.writeString(input.resolve("lines.jsonl"), lines);
    Files.writeString(input.resolve("paragraphs.txt"), paragraphs);
    PrepareOptions options =
        PrepareOptions.fromFiles(List.of(input.toString()), directory.resolve("one").toString())
            .withDocumentSeparator(DocumentSeparator.BLANK_LINE)
            .withSplit(Split.HASH, 0.1)
            .withShardTokens(300_000);

    PreparedCorpus one = prepare(options, "one", 1, Map.of("spark.default.parallelism", "1"));
    PreparedCorpus many =
        prepare(
            options,
            "many",
            2,
            Map.of(
                "spark.default.parallelism",
                "16",
                "spark.serializer",
                "org.apache.spark.serializer.KryoSerializer"));

    assertThat(one.manifest().documents())
        .isEqualTo(new Manifest.Documents(60_000, 60_000, Map.of()));
    assertThat(many.manifest()).isEqualTo(one.manifest());
    assertThat(LocalSpark.sums(directory.resolve("many")))
        .isEqualTo(LocalSpark.sums(directory.resolve("one")))
        .hasSizeGreaterThan(6);
  }

  @Test
  void damageInTheMiddleOfADividedFileIsFoundAtItsLine() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 1; i <= 60_000; i++) {
      lines.append(i == 54_321 ? "{\"txt\"" : "{\"text\"").append(": \"a line of some text\"}\n");
    }
    Path file = Files.writeString(directory.resolve("a.jsonl"), lines);
    PrepareOptions options =
        PrepareOptions.fromFiles(List.of(file.toString()), directory.resolve("out").toString());
    assertThatThrownBy(() -> prepare(options, "out", 2, Map.of("spark.default.parallelism", "16")))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(file + " line 54321 has no \"text\"");
    assertThat(directory.resolve("out")).doesNotExist();
  }

  private PreparedCorpus prepare(
      PrepareOptions options, String output, int threads, Map<String, String> settings) {
    try (LocalSpark spark = new LocalSpark(threads, settings)) {
      return spark.prepare(
          new PrepareOptions(
              options.inputs(),
              options.syntheticBytes(),
              options.seed(),
              directory.resolve(output).toString(),
              options.tokenizer(),
              options.split(),
              options.validationFraction(),
              options.documentSeparator(),
              options.maxRejected(),
              options.shardTokens()));
    }
  }
}
