package io.polyspark.prep.read;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.prep.DocumentSeparator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** However a file is divided, every document is read once, by one task. */
class RangesAgreeOnDocumentsTest {
  private static final ReadOptions OPTIONS =
      ReadOptions.defaults().withDocumentSeparator(DocumentSeparator.BLANK_LINE);

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
    assertThat(read(file, Long.MAX_VALUE)).containsExactly("1  one\r\ntwo ", "19  three");
  }

  @ParameterizedTest
  @ValueSource(strings = {"text.txt", "lines.jsonl"})
  void documentsThatAreTooLarge(String name) throws IOException {
    String text =
        "{\"text\":\"first\"}\n\n"
            + "x".repeat(50)
            + "\n\n{\"text\":\n\"a\",\n\n"
            + "short lines\n".repeat(5)
            + "\n\n{\"text\":\"last\"}\n"
            + " ".repeat(60);
    Path file = Files.writeString(directory.resolve(name), text);
    ReadOptions options = OPTIONS.withMaxDocumentBytes(40);
    List<String> expected = ReadFiles.lines(ReadFiles.whole(file, options));
    assertThat(expected).anyMatch(line -> line.contains(" too_large: "));
    for (int size = 1; size <= text.length() + 3; size++) {
      assertThat(ReadFiles.lines(ReadFiles.inRanges(file, options, size)))
          .as("ranges of %d bytes", size)
          .isEqualTo(expected);
    }
  }

  @Test
  void linesLongerThanTheBufferAreWhole() throws IOException {
    String line = "x".repeat(200_000);
    Path file =
        Files.writeString(directory.resolve("text.txt"), line + "\n\n" + line + "\n" + line);
    assertThat(read(file, 70_000)).containsExactly("0 " + line, "200002 " + line + "\n" + line);
  }

  /** What all partitions of about this size give, with its places, in their order. */
  private static List<String> read(Path file, long partitionBytes) throws IOException {
    return ReadFiles.lines(ReadFiles.inRanges(file, OPTIONS, partitionBytes));
  }
}
