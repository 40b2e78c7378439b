package io.polyspark.prep.filter;

import static io.polyspark.prep.filter.Documents.removedBy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each rule fires just beyond its threshold and not at it. */
class GopherRepetitionAtItsThresholdsTest {
  private static final GopherRepetition RULES = GopherRepetition.DEFAULTS;

  @Test
  void paragraphs() {
    String ten = different(0, 7, "\n\n") + "\n\nw0000\n\nw0000\n\nw0000";
    assertThat(removedBy(with(0.3, 1, 1, 1), ten)).isEmpty();
    assertThat(removedBy(with(0.3, 1, 1, 1), ten + "\n \nw0000"))
        .contains("max_duplicate_paragraphs");
  }

  @Test
  void paragraphCharacters() {
    // Paragraphs of two lines with 5 + 1 + 5 characters, of which one comes twice: 11 of 55.
    String text = "aaaaa\nbbbbb\n\naaaaa\nbbbbb\n\n" + "x".repeat(29);
    assertThat(text).hasSize(55);
    assertThat(removedBy(with(1, 0.2, 1, 1), text)).isEmpty();
    assertThat(removedBy(with(1, 0.2, 1, 1), text.substring(0, 54)))
        .contains("max_duplicate_paragraph_characters");
  }

  @Test
  void lines() {
    String ten = different(0, 7, "\n") + "\n  w0000\nw0000  \n\nw0000\n";
    assertThat(removedBy(with(1, 1, 0.3, 1), ten)).isEmpty();
    assertThat(removedBy(with(1, 1, 0.3, 1), ten + "w0000")).contains("max_duplicate_lines");
  }

  @Test
  void lineCharacters() {
    String text = "aaaaa\naaaaa\n" + "x".repeat(13);
    assertThat(removedBy(with(1, 1, 1, 0.2), text)).isEmpty();
    assertThat(removedBy(with(1, 1, 1, 0.2), text.substring(0, 24)))
        .contains("max_duplicate_line_characters");
  }

  @ParameterizedTest
  @CsvSource({"2, 0.20", "3, 0.18", "4, 0.16"})
  void topNgrams(int n, double share) {
    // The n-gram ends up in the text twice: 2 (6 n - 1) characters out of so many.
    String repeated = different(5000, n, " ");
    int repeatedCharacters = 2 * repeated.length();
    int atThreshold = (int) Math.ceil(repeatedCharacters / share);
    String text = padded(repeated + " w9999 " + repeated + " ", atThreshold);
    assertThat(removedBy(RULES, text)).isEmpty();
    String beyond = text.substring(0, (int) Math.ceil(repeatedCharacters / share) - 2);
    assertThat(removedBy(RULES, beyond)).contains("top_ngrams." + n);
  }

  @ParameterizedTest
  @CsvSource({"5, 0.15", "6, 0.14", "7, 0.13", "8, 0.12", "9, 0.11", "10, 0.10"})
  void duplicateNgrams(int n, double share) {
    GopherRepetition rule =
        new GopherRepetition(1, 1, 1, 1, List.of(), RULES.duplicateNgrams().subList(n - 5, n - 4));
    String repeated = different(5000, n, " ");
    int atThreshold = (int) Math.ceil(5 * n / share);
    String text = padded(repeated + " w9999 " + repeated + " ", atThreshold);
    assertThat(removedBy(rule, text)).isEmpty();
    assertThat(removedBy(rule, text.substring(0, atThreshold - 2)))
        .contains("duplicate_ngrams." + n);
    assertThat(removedBy(RULES, text.substring(0, atThreshold / 2))).isPresent();
  }

  @Test
  void aRepetitionOfManyCountsItsCharactersOnce() {
    // After the first five words every step lands on a repetition that is stepped over.
    Repetition repetition = TextStatistics.of("ab ".repeat(20)).repetition();
    assertThat(repetition.duplicateNgramCharacters(5)).isEqualTo(2 * 15);
    assertThat(repetition.topNgramCharacters(2)).isEqualTo(5 * 19);
  }

  @Test
  void whatDoesNotRepeatHasNoTopNgram() {
    assertThat(removedBy(RULES, "two words")).isEmpty();
    assertThat(removedBy(RULES, "")).isEmpty();
  }

  @Test
  void settingsThatMakeNoSenseAreNamed() {
    assertThatThrownBy(() -> with(1, 1, -1, 1))
        .isInstanceOf(UserError.class)
        .hasMessage("gopher_repetition.max_duplicate_lines is -1.0; it must lie from 0 to 1.");
    assertThatThrownBy(
            () ->
                new GopherRepetition(1, 1, 1, 1, List.of(new NgramLimit(2, Double.NaN)), List.of()))
        .isInstanceOf(UserError.class)
        .hasMessage("gopher_repetition.top_ngrams.2 is NaN; it must lie from 0 to 1.");
  }

  private static GopherRepetition with(
      double paragraphs, double paragraphCharacters, double lines, double lineCharacters) {
    return new GopherRepetition(
        paragraphs, paragraphCharacters, lines, lineCharacters, List.of(), List.of());
  }

  /** Different words of five characters. */
  private static String different(int from, int count, String separator) {
    return IntStream.range(from, from + count)
        .mapToObj(i -> String.format("w%04d", i))
        .collect(Collectors.joining(separator));
  }

  /** The text with different words behind it, so many characters in all. */
  private static String padded(String text, int length) {
    return (text + different(0, length / 6 + 1, " ")).substring(0, length);
  }
}
