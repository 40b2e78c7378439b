package io.polyspark.prep.filter;

import io.polyspark.model.config.UserError;
import java.util.List;
import java.util.Optional;

/**
 * Gopher's rules on repetition (Rae et al., arXiv 2112.11446, section A.1.1 "Repetition removal"
 * and table A1). A document that goes over a share is removed under the share's name; paragraphs
 * are looked at first, then lines, then n-grams from short to long, as datatrove does. Characters
 * are counted against all of the text's.
 *
 * @param maxDuplicateParagraphs largest share of paragraphs that repeat an earlier one; the paper's
 *     is 0.3
 * @param maxDuplicateParagraphCharacters largest share of characters in them; the paper's is 0.2
 * @param maxDuplicateLines largest share of lines that repeat an earlier one; the paper's is 0.3
 * @param maxDuplicateLineCharacters largest share of characters in them; the paper's is 0.2
 * @param topNgrams largest share of characters in the most frequent n-gram; the paper's are 0.20
 *     for 2 words, 0.18 for 3 and 0.16 for 4
 * @param duplicateNgrams largest share of characters in n-grams that repeat an earlier one; the
 *     paper's are 0.15 for 5 words, 0.14 for 6, 0.13 for 7, 0.12 for 8, 0.11 for 9, 0.10 for 10
 */
public record GopherRepetition(
    double maxDuplicateParagraphs,
    double maxDuplicateParagraphCharacters,
    double maxDuplicateLines,
    double maxDuplicateLineCharacters,
    List<NgramLimit> topNgrams,
    List<NgramLimit> duplicateNgrams)
    implements Stage {
  /** The name of the stage. */
  public static final String NAME = "gopher_repetition";

  /** The paper's thresholds. */
  public static final GopherRepetition DEFAULTS =
      new GopherRepetition(
          0.3,
          0.2,
          0.3,
          0.2,
          List.of(new NgramLimit(2, 0.20), new NgramLimit(3, 0.18), new NgramLimit(4, 0.16)),
          List.of(
              new NgramLimit(5, 0.15),
              new NgramLimit(6, 0.14),
              new NgramLimit(7, 0.13),
              new NgramLimit(8, 0.12),
              new NgramLimit(9, 0.11),
              new NgramLimit(10, 0.10)));

  /**
   * Checks the settings.
   *
   * @throws UserError naming the share that is none
   */
  public GopherRepetition {
    Share.check(NAME, "max_duplicate_paragraphs", maxDuplicateParagraphs);
    Share.check(NAME, "max_duplicate_paragraph_characters", maxDuplicateParagraphCharacters);
    Share.check(NAME, "max_duplicate_lines", maxDuplicateLines);
    Share.check(NAME, "max_duplicate_line_characters", maxDuplicateLineCharacters);
    topNgrams = List.copyOf(topNgrams);
    duplicateNgrams = List.copyOf(duplicateNgrams);
    topNgrams.forEach(limit -> limit.check("top_ngrams"));
    duplicateNgrams.forEach(limit -> limit.check("duplicate_ngrams"));
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
    Repetition repetition = text.repetition();
    int characters = text.characters();
    Repetition.Duplicates paragraphs = repetition.paragraphs();
    if (Share.of(paragraphs.duplicates(), paragraphs.items()) > maxDuplicateParagraphs) {
      return Optional.of("max_duplicate_paragraphs");
    }
    if (Share.of(paragraphs.characters(), characters) > maxDuplicateParagraphCharacters) {
      return Optional.of("max_duplicate_paragraph_characters");
    }
    Repetition.Duplicates lines = repetition.lines();
    if (Share.of(lines.duplicates(), lines.items()) > maxDuplicateLines) {
      return Optional.of("max_duplicate_lines");
    }
    if (Share.of(lines.characters(), characters) > maxDuplicateLineCharacters) {
      return Optional.of("max_duplicate_line_characters");
    }
    for (NgramLimit limit : topNgrams) {
      if (Share.of(repetition.topNgramCharacters(limit.words()), characters) > limit.share()) {
        return Optional.of("top_ngrams." + limit.words());
      }
    }
    for (NgramLimit limit : duplicateNgrams) {
      long duplicates = repetition.duplicateNgramCharacters(limit.words());
      if (Share.of(duplicates, characters) > limit.share()) {
        return Optional.of("duplicate_ngrams." + limit.words());
      }
    }
    return Optional.empty();
  }
}
