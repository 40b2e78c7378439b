package io.polyspark.prep.decontaminate;

import io.polyspark.model.config.UserError;
import io.polyspark.prep.filter.Candidate;
import io.polyspark.prep.filter.NgramHashes;
import io.polyspark.prep.filter.Stage;
import io.polyspark.prep.filter.Verdict;
import java.util.Map;

/**
 * Removes or counts documents that share n-grams of words with evaluation sets, as for GPT-3 (arXiv
 * 2005.14165, appendix C: 13 words in lower case without punctuation).
 *
 * @param evaluations the n-grams to look for
 * @param maxShare the largest share of a document's n-grams that evaluation sets may have; 0 lets
 *     no overlap pass
 * @param action what happens to a document above it
 */
public record Decontaminate(EvaluationNgrams evaluations, double maxShare, Action action)
    implements Stage {
  /** The name of the stage. */
  public static final String NAME = "decontaminate";

  /** What happens to a document that overlaps. */
  public enum Action {
    /** It goes. */
    REMOVE,
    /** It stays and is counted. */
    COUNT
  }

  private static final String RULE = "max_share";

  /**
   * Checks the settings.
   *
   * @throws UserError if the share is none
   */
  public Decontaminate {
    if (!(maxShare >= 0 && maxShare < 1)) {
      throw UserError.of("%s.max_share is %s; it must lie from 0 to below 1.", NAME, maxShare);
    }
  }

  /** Removes every document with any overlap. */
  public static Decontaminate any(EvaluationNgrams evaluations) {
    return new Decontaminate(evaluations, 0, Action.REMOVE);
  }

  @Override
  public String name() {
    return NAME;
  }

  /** Events count the documents that overlap, where they stay. */
  @Override
  public Verdict apply(Candidate candidate) {
    NgramHashes ngrams = candidate.statistics().bareNgrams();
    long[] hashes = ngrams.all(evaluations.words());
    long most = (long) Math.floor(maxShare * hashes.length);
    long shared = 0;
    for (int i = 0; i < hashes.length && shared <= most; i++) {
      shared += evaluations.contains(hashes[i]) ? 1 : 0;
    }
    if (shared <= most) {
      return Verdict.keep(candidate);
    }
    return action == Action.REMOVE
        ? new Verdict.Removed(RULE)
        : new Verdict.Kept(candidate, Map.of(RULE, 1L));
  }
}
