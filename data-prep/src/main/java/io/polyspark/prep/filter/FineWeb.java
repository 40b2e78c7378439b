package io.polyspark.prep.filter;

import io.polyspark.model.config.UserError;
import java.util.Optional;

/**
 * The rules that FineWeb added to those of Gopher and C4 (Penedo et al., arXiv 2406.17557, section
 * 3.6), in the paper's wording. The code that made the data set (datatrove) differs in two places:
 * it removes from 0.01 of characters in duplicated lines on, and counts lines of exactly 30
 * characters as short. Blank lines, which the code counts, do not count here.
 *
 * @param minPunctuatedLines share of lines with punctuation at their end up to which a document is
 *     removed; the paper's is 0.12
 * @param shortLineLength lines with fewer characters are short; the paper's is 30
 * @param maxShortLines share of short lines from which on a document is removed; the paper's is
 *     0.67
 * @param maxDuplicateLineCharacters share of characters in lines that repeat an earlier one, out of
 *     all but line feeds, from which on a document is removed; the paper's is 0.1
 * @param maxNewlinesPerWord most line feeds per word; the code's is 0.3, the paper has no such rule
 */
public record FineWeb(
    double minPunctuatedLines,
    int shortLineLength,
    double maxShortLines,
    double maxDuplicateLineCharacters,
    double maxNewlinesPerWord)
    implements Stage {
  /** The name of the stage. */
  public static final String NAME = "fineweb";

  /** The paper's thresholds. */
  public static final FineWeb DEFAULTS = new FineWeb(0.12, 30, 0.67, 0.1, 0.3);

  /**
   * Checks the settings.
   *
   * @throws UserError naming the one that is out of range
   */
  public FineWeb {
    Share.check(NAME, "min_punctuated_lines", minPunctuatedLines);
    Share.checkAtLeast(NAME, "short_line_length", shortLineLength, 0);
    Share.check(NAME, "max_short_lines", maxShortLines);
    Share.check(NAME, "max_duplicate_line_characters", maxDuplicateLineCharacters);
    Share.checkAtLeast(NAME, "max_newlines_per_word", maxNewlinesPerWord, 0);
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
    int punctuated = 0;
    int shortLines = 0;
    for (int i = 0; i < text.lines(); i++) {
      punctuated += text.endsWithPunctuation(i) ? 1 : 0;
      shortLines += text.lineLength(i) < shortLineLength ? 1 : 0;
    }
    if (Share.of(punctuated, text.lines()) <= minPunctuatedLines) {
      return Optional.of("min_punctuated_lines");
    }
    if (Share.of(shortLines, text.lines()) >= maxShortLines) {
      return Optional.of("max_short_lines");
    }
    long duplicates = text.repetition().lines().characters();
    if (Share.of(duplicates, text.characters() - text.newlines()) >= maxDuplicateLineCharacters) {
      return Optional.of("max_duplicate_line_characters");
    }
    return Share.of(text.newlines(), text.words()) > maxNewlinesPerWord
        ? Optional.of("max_newlines_per_word")
        : Optional.empty();
  }
}
