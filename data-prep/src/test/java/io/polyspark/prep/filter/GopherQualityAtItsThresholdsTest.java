package io.polyspark.prep.filter;

import static io.polyspark.prep.filter.Documents.removedBy;
import static io.polyspark.prep.filter.Documents.times;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import org.junit.jupiter.api.Test;

/** Each rule fires just beyond its threshold and not at it. */
class GopherQualityAtItsThresholdsTest {
  private static final GopherQuality RULES = GopherQuality.DEFAULTS;

  @Test
  void words() {
    assertThat(removedBy(RULES, "")).contains("min_words");
    assertThat(removedBy(RULES, "the of " + times(47, "word"))).contains("min_words");
    assertThat(removedBy(RULES, "the of " + times(48, "word"))).isEmpty();
    assertThat(removedBy(RULES, "the of " + times(99_998, "word"))).isEmpty();
    assertThat(removedBy(RULES, "the of " + times(99_999, "word"))).contains("max_words");
  }

  @Test
  void meanWordLength() {
    // 20 x (2 + 4) + 20 x 3 and one character less in the last word.
    String three = times(20, "to hand") + " " + times(20, "the");
    assertThat(removedBy(RULES, three)).isEmpty();
    assertThat(removedBy(RULES, three.substring(0, three.length() - 1)))
        .contains("min_mean_word_length");
    String ten = times(50, "the of x456789012345678901234567");
    assertThat(removedBy(RULES, ten.replace("x456789012345678901234567", "x".repeat(25))))
        .isEmpty();
    assertThat(removedBy(RULES, ten.replace("x456789012345678901234567", "x".repeat(25)) + "x"))
        .contains("max_mean_word_length");
  }

  @Test
  void lengthsAreCodePoints() {
    // Four code points in seven UTF-16 units and more.
    assertThat(removedBy(RULES, "the of " + times(60, "𝒜𝒷𝒸defghi"))).isEmpty();
    assertThat(TextStatistics.of("𝒜𝒷 c").wordCharacters()).isEqualTo(3);
  }

  @Test
  void symbolsPerWord() {
    String hashes = "the of " + times(88, "word") + " " + times(10, "word#");
    assertThat(removedBy(RULES, hashes)).isEmpty();
    assertThat(removedBy(RULES, hashes + "#")).contains("max_hashes_per_word");
    String ellipses = "the of " + times(88, "word") + " " + times(10, "word...") + " end";
    assertThat(removedBy(RULES, ellipses)).isEmpty();
    assertThat(removedBy(RULES, ellipses.replace(" end", "…"))).contains("max_ellipses_per_word");
  }

  @Test
  void bulletLines() {
    String line = "• the entries of longer lists\n";
    String plain = "the sentences of texts\n";
    assertThat(removedBy(RULES, line.repeat(18) + plain.repeat(2))).isEmpty();
    assertThat(removedBy(RULES, line.repeat(19) + plain.repeat(2))).contains("max_bullet_lines");
    assertThat(removedBy(RULES, line.repeat(19).replace("•", "\n  -")))
        .contains("max_bullet_lines");
  }

  @Test
  void ellipsisLines() {
    String more = "the words of a longer line with more ...\n";
    String plain = "the words of a longer line with more\n";
    assertThat(removedBy(RULES, more.repeat(3) + plain.repeat(7))).isEmpty();
    assertThat(removedBy(RULES, more.repeat(4) + plain.repeat(7))).contains("max_ellipsis_lines");
    assertThat(removedBy(RULES, more.repeat(4).replace("...", "…") + plain.repeat(7)))
        .contains("max_ellipsis_lines");
  }

  @Test
  void alphabeticWords() {
    String eighty = "the of " + times(78, "word") + " " + times(20, "1234");
    assertThat(removedBy(RULES, eighty)).isEmpty();
    assertThat(removedBy(RULES, eighty + " 1234")).contains("min_alphabetic_words");
  }

  @Test
  void stopWords() {
    assertThat(removedBy(RULES, "The \"of\" " + times(60, "word"))).isEmpty();
    assertThat(removedBy(RULES, times(60, "the"))).contains("min_stop_words");
  }

  @Test
  void settingsThatMakeNoSenseAreNamed() {
    assertThatThrownBy(() -> new GopherQuality(50, 10, 3, 10, 0.1, 0.1, 0.9, 0.3, 0.8, 2))
        .isInstanceOf(UserError.class)
        .hasMessage("gopher_quality.max_words is 10.0; it must be at least 50.");
    assertThatThrownBy(() -> new GopherQuality(50, 100, 3, 10, 0.1, 0.1, 1.1, 0.3, 0.8, 2))
        .isInstanceOf(UserError.class)
        .hasMessage("gopher_quality.max_bullet_lines is 1.1; it must lie from 0 to 1.");
    assertThatThrownBy(() -> new GopherQuality(50, 100, 3, 2, 0.1, 0.1, 0.9, 0.3, 0.8, 2))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("min_mean_word_length");
    assertThatThrownBy(() -> new GopherQuality(50, 100, 3, 10, 0.1, 0.1, 0.9, 0.3, 0.8, 9))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("from 0 to 8");
  }
}
