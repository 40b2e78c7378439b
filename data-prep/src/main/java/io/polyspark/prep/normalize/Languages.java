package io.polyspark.prep.normalize;

import io.polyspark.model.config.UserError;
import io.polyspark.prep.filter.Candidate;
import io.polyspark.prep.filter.Stage;
import io.polyspark.prep.filter.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import opennlp.tools.langdetect.Language;

/**
 * Keeps the documents that are most likely in one of some languages, and likely enough. Apache
 * OpenNLP's model of 103 languages says how likely; what it says of a short text is low, even where
 * it is right: 120 characters of English got 0.15, some 250 from 0.2 to 0.4, 1,000 more than 0.8. A
 * threshold of another model, such as FineWeb's 0.65 for fastText's, does not carry over.
 *
 * @param accepted languages by their codes of ISO 639-3, such as {@code eng}
 * @param minConfidence how likely the language must be, from 0 to 1
 * @param characters how much of a document's start is looked at, in UTF-16 units: it takes the
 *     model about 3 milliseconds for a thousand
 */
public record Languages(List<String> accepted, double minConfidence, int characters)
    implements Stage {
  /** The name of the stage. */
  public static final String NAME = "languages";

  /** Lets English texts of some 250 characters and more pass. */
  public static final double DEFAULT_MIN_CONFIDENCE = 0.2;

  /** Enough to be sure. */
  public static final int DEFAULT_CHARACTERS = 1000;

  /**
   * Checks the settings.
   *
   * @throws UserError naming a language that the model does not know, or a number out of range
   */
  public Languages {
    accepted = List.copyOf(accepted);
    if (accepted.isEmpty()) {
      throw UserError.of(
          "%s.accepted is empty; name at least one language, such as eng, or leave the stage out.",
          NAME);
    }
    Set<String> known = new TreeSet<>(LanguageModel.languages());
    for (String language : accepted) {
      if (!known.contains(language)) {
        throw UserError.of(
            "%s.accepted has '%s', which is no language of the model; accepted are %s.",
            NAME, language, String.join(", ", known));
      }
    }
    if (!(minConfidence >= 0 && minConfidence <= 1)) {
      throw UserError.of("%s.min_confidence is %s; it must lie from 0 to 1.", NAME, minConfidence);
    }
    if (characters < 1) {
      throw UserError.of("%s.characters is %d; it must be at least 1.", NAME, characters);
    }
  }

  /** Some languages, with defaults for the rest. */
  public static Languages of(String... accepted) {
    return new Languages(List.of(accepted), DEFAULT_MIN_CONFIDENCE, DEFAULT_CHARACTERS);
  }

  @Override
  public String name() {
    return NAME;
  }

  /** Events count the documents of each language, those that are removed too. */
  @Override
  public Verdict apply(Candidate candidate) {
    Language found = LanguageModel.mostLikely(start(candidate.text()));
    Map<String, Long> events = Map.of(found.getLang(), 1L);
    if (!accepted.contains(found.getLang())) {
      return new Verdict.Removed("accepted", events);
    }
    return found.getConfidence() < minConfidence
        ? new Verdict.Removed("min_confidence", events)
        : new Verdict.Kept(candidate, events);
  }

  private String start(String text) {
    if (text.length() <= characters) {
      return text;
    }
    boolean cutsPair = Character.isHighSurrogate(text.charAt(characters - 1));
    return text.substring(0, cutsPair ? characters - 1 : characters);
  }
}
