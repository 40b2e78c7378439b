package io.polyspark.prep.read;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.prep.DocumentSeparator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** However a file is divided, every document is read once, by one task. */
class RangesAgreeOnDocumentsTest {
  private static final Configuration CONFIGURATION = new Configuration();

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "one\n\ntwo\nlines\n\n\nthree",
        "\n \n\t\nfirst\r\n\r\nsecond\r\n \r\n",
        "a\n\nb\n\nc\n\n",
        "no separator at all\nin here\n",
        "\ufeffmark\n\né\n\n世界\n     \n\n\n   \nlast",
        "\n\n\n"
      })
  void blankLineText(String text) throws IOException {
    Path file = Files.writeString(directory.resolve("text.txt"), text);
    List<String> expected = read(file, Long.MAX_VALUE);
    for (int size = 1; size <= text.length() + 3; size++) {
      assertThat(read(file, size)).as("ranges of %d bytes", size).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"text\":\"a\"}\n{\"text\":\"bé\"}\n\n{\"text\":\"c\"}",
        "{}\n{\"text\":\"a\"}\r\n[]\n{\"text\":1}\n",
        "\ufeff{\"text\":\"a\"}\n"
      })
  void jsonLines(String text) throws IOException {
    Path file = Files.writeString(directory.resolve("lines.jsonl"), text);
    List<String> expected = read(file, Long.MAX_VALUE);
    for (int size = 1; size <= text.length() + 3; size++) {
      assertThat(read(file, size)).as("ranges of %d bytes", size).isEqualTo(expected);
    }
  }

  @Test
  void documentsAreTheLinesBetweenBlankOnes() throws IOException {
    Path file =
        Files.writeString(directory.resolve("text.txt"), "\n one\r\ntwo \r\n \t\r\n\n\n three\n");
    assertThat(read(file, Long.MAX_VALUE)).containsExactly(" one\r\ntwo ", " three");
  }

  @Test
  void linesLongerThanTheBufferAreWhole() throws IOException {
    String line = "x".repeat(200_000);
    Path file =
        Files.writeString(directory.resolve("text.txt"), line + "\n\n" + line + "\n" + line);
    assertThat(read(file, 70_000)).containsExactly(line, line + "\n" + line);
  }

  /** What all partitions of about this size give, in their order. */
  private static List<String> read(Path file, long partitionBytes) throws IOException {
    InputFile input = new InputFile(file.toUri().toString(), Files.size(file));
    FileSource source =
        new FileSource(
            List.of(input),
            ReadOptions.defaults().withDocumentSeparator(DocumentSeparator.BLANK_LINE),
            partitionBytes);
    List<String> results = new ArrayList<>();
    for (int partition = 0; partition < source.partitions(); partition++) {
      try (DocumentReader reader = source.open(partition, CONFIGURATION)) {
        for (ReadResult result = reader.next(); result != null; result = reader.next()) {
          if (result instanceof Document document) {
            assertThat(document.utf8()).isEqualTo(document.text().getBytes(StandardCharsets.UTF_8));
            results.add(document.text());
          } else if (result instanceof Rejection rejection) {
            results.add(rejection.reason() + ": " + rejection.description().get());
          }
        }
      }
    }
    return results;
  }
}
