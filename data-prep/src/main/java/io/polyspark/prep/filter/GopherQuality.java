package io.polyspark.prep.filter;

import io.polyspark.model.config.UserError;
import java.util.List;
import java.util.Optional;

/**
 * Gopher's rules on quality (Rae et al., arXiv 2112.11446, section A.1.1 "Quality filtering"). The
 * first rule, in this order, that a document breaks removes it under the rule's name.
 *
 * <p>Stop words are compared as bare words, so that "The" and "the," count; datatrove compares
 * tokens as they are written.
 *
 * @param minWords fewest words; the paper's is 50
 * @param maxWords most words; the paper's is 100,000
 * @param minMeanWordLength least mean length of the words in characters; the paper's is 3
 * @param maxMeanWordLength greatest mean length of the words in characters; the paper's is 10
 * @param maxHashesPerWord most characters {@code #} per word; the paper's is 0.1
 * @param maxEllipsesPerWord most ellipses per word; the paper's is 0.1
 * @param maxBulletLines largest share of lines that start with a bullet; the paper's is 0.9
 * @param maxEllipsisLines largest share of lines that end with an ellipsis; the paper's is 0.3
 * @param minAlphabeticWords least share of words with a letter in them; the paper's is 0.8
 * @param minStopWords how many different ones of the words the, be, to, of, and, that, have, with
 *     must occur; the paper's is 2
 */
public record GopherQuality(
    int minWords,
    int maxWords,
    double minMeanWordLength,
    double maxMeanWordLength,
    double maxHashesPerWord,
    double maxEllipsesPerWord,
    double maxBulletLines,
    double maxEllipsisLines,
    double minAlphabeticWords,
    int minStopWords)
    implements Stage {
  private static final List<String> STOP_WORDS =
      List.of("the", "be", "to", "of", "and", "that", "have", "with");
  private static final long[] STOP_WORD_HASHES =
      STOP_WORDS.stream().mapToLong(BareWords::of).toArray();

  /** The name of the stage. */
  public static final String NAME = "gopher_quality";

  /** The paper's thresholds. */
  public static final GopherQuality DEFAULTS =
      new GopherQuality(50, 100_000, 3, 10, 0.1, 0.1, 0.9, 0.3, 0.8, 2);

  /**
   * Checks the settings.
   *
   * @throws UserError naming the setting that no document, or no number, could satisfy
   */
  public GopherQuality {
    Share.checkAtLeast(NAME, "min_words", minWords, 0);
    Share.checkAtLeast(NAME, "max_words", maxWords, Math.max(1, minWords));
    Share.checkAtLeast(NAME, "min_mean_word_length", minMeanWordLength, 0);
    if (!(maxMeanWordLength >= minMeanWordLength)) {
      throw UserError.of(
          "%s.max_mean_word_length is %s; it must be at least min_mean_word_length, which is %s.",
          NAME, maxMeanWordLength, minMeanWordLength);
    }
    Share.checkAtLeast(NAME, "max_hashes_per_word", maxHashesPerWord, 0);
    Share.checkAtLeast(NAME, "max_ellipses_per_word", maxEllipsesPerWord, 0);
    Share.check(NAME, "max_bullet_lines", maxBulletLines);
    Share.check(NAME, "max_ellipsis_lines", maxEllipsisLines);
    Share.check(NAME, "min_alphabetic_words", minAlphabeticWords);
    if (minStopWords < 0 || minStopWords > STOP_WORDS.size()) {
      throw UserError.of(
          "%s.min_stop_words is %d; it must lie from 0 to %d, the number of stop words.",
          NAME, minStopWords, STOP_WORDS.size());
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Verdict apply(Candidate candidate) {
    return Verdict.keepUnless(broken(candidate.statistics()), candidate);
  }

  private Optional<String> broken(TextStatistics text) {
    int words = text.words();
    if (words < minWords) {
      return Optional.of("min_words");
    }
    if (words > maxWords) {
      return Optional.of("max_words");
    }
    double meanWordLength = Share.of(text.wordCharacters(), words);
    if (meanWordLength < minMeanWordLength) {
      return Optional.of("min_mean_word_length");
    }
    if (meanWordLength > maxMeanWordLength) {
      return Optional.of("max_mean_word_length");
    }
    if (Share.of(text.hashSymbols(), words) > maxHashesPerWord) {
      return Optional.of("max_hashes_per_word");
    }
    if (Share.of(text.ellipses(), words) > maxEllipsesPerWord) {
      return Optional.of("max_ellipses_per_word");
    }
    int bullets = 0;
    int ellipses = 0;
    for (int i = 0; i < text.lines(); i++) {
      bullets += text.startsWithBullet(i) ? 1 : 0;
      ellipses += text.endsWithEllipsis(i) ? 1 : 0;
    }
    if (Share.of(bullets, text.lines()) > maxBulletLines) {
      return Optional.of("max_bullet_lines");
    }
    if (Share.of(ellipses, text.lines()) > maxEllipsisLines) {
      return Optional.of("max_ellipsis_lines");
    }
    if (Share.of(text.alphabeticWords(), words) < minAlphabeticWords) {
      return Optional.of("min_alphabetic_words");
    }
    return hasStopWords(text) ? Optional.empty() : Optional.of("min_stop_words");
  }

  /** Whether enough different stop words occur; looks no further than needed. */
  private boolean hasStopWords(TextStatistics text) {
    int found = 0;
    for (int i = 0; i < text.words() && Integer.bitCount(found) < minStopWords; i++) {
      long hash = text.bareHash(i);
      for (int j = 0; j < STOP_WORD_HASHES.length; j++) {
        if (hash == STOP_WORD_HASHES[j]) {
          found |= 1 << j;
        }
      }
    }
    return Integer.bitCount(found) >= minStopWords;
  }
}
