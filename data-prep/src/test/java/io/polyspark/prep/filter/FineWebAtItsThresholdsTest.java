package io.polyspark.prep.filter;

import static io.polyspark.prep.filter.Documents.removedBy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Each rule fires at its threshold, as the paper has it, and not just before. */
class FineWebAtItsThresholdsTest {
  private static final FineWeb RULES = FineWeb.DEFAULTS;

  @Test
  void punctuatedLines() {
    assertThat(
            removedBy(
                RULES,
                lines(3, "long enough for a line of text.")
                    + lines(22, "long enough for a line of text")))
        .contains("min_punctuated_lines");
    assertThat(
            removedBy(
                RULES,
                lines(4, "long enough for a line of text.")
                    + lines(22, "long enough for a line of text")))
        .isEmpty();
    assertThat(removedBy(RULES, "")).contains("min_punctuated_lines");
  }

  @Test
  void shortLines() {
    // A number of two digits and a blank stand in front.
    String thirty = "x xxx xxx xxx xxx xxx xxxxx.";
    String shorter = thirty.substring(1);
    assertThat(thirty.length() - 1).isEqualTo(27);
    assertThat(removedBy(RULES, lines(66, shorter) + lines(34, thirty))).isEmpty();
    assertThat(removedBy(RULES, lines(67, shorter) + lines(33, thirty)))
        .contains("max_short_lines");
  }

  @Test
  void duplicateLineCharacters() {
    String line = "0123456789 123456789 123456789 12345678.";
    String other = "a".repeat(39) + ".";
    String rest =
        IntStream.range(0, 8)
            .mapToObj(i -> "\n" + i + " " + "b".repeat(37) + ".")
            .collect(Collectors.joining());
    String text = line + "\n" + line + rest;
    FineWeb duplicatesOnly = new FineWeb(0.12, 30, 0.67, 0.1, 9);
    assertThat(removedBy(duplicatesOnly, text)).contains("max_duplicate_line_characters");
    assertThat(removedBy(duplicatesOnly, text + "\n" + other)).isEmpty();
  }

  @Test
  void newlinesPerWord() {
    String line = "threewordsthatarelong threewordsthatarelong %d.\n";
    String ten =
        IntStream.range(0, 9)
            .mapToObj(i -> line.replace("%d", "x" + i))
            .collect(Collectors.joining());
    // 9 lines of 3 words and 9 line feeds; three more words make it 9 for 30.
    assertThat(removedBy(RULES, ten + "and another.")).contains("max_newlines_per_word");
    assertThat(removedBy(RULES, ten + "and another one.")).isEmpty();
  }

  @Test
  void settingsThatMakeNoSenseAreNamed() {
    assertThatThrownBy(() -> new FineWeb(2, 30, 0.67, 0.1, 0.3))
        .isInstanceOf(UserError.class)
        .hasMessage("fineweb.min_punctuated_lines is 2.0; it must lie from 0 to 1.");
  }

  private static int number = 10;

  /** Different lines. */
  private static String lines(int count, String text) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < count; i++) {
      lines
          .append((char) ('a' + number / 26 % 26))
          .append((char) ('a' + number % 26))
          .append(text)
          .append('\n');
      number++;
    }
    return lines.toString();
  }
}
