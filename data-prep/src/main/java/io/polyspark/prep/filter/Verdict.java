package io.polyspark.prep.filter;

import java.util.Map;
import java.util.Optional;

/** What a stage decides about a document. */
public sealed interface Verdict {
  /**
   * The document goes on.
   *
   * @param candidate the document as the stage leaves it
   * @param events what the stage did on the way, by name, such as addresses masked; mostly empty
   */
  record Kept(Candidate candidate, Map<String, Long> events) implements Verdict {}

  /**
   * The document ends here.
   *
   * @param reason the rule that removed it, named after its setting
   * @param events what the stage found on the way, by name; mostly empty
   */
  record Removed(String reason, Map<String, Long> events) implements Verdict {
    /** Removed, with nothing else to tell. */
    public Removed(String reason) {
      this(reason, Map.of());
    }
  }

  /** Goes on, with nothing to tell. */
  static Verdict keep(Candidate candidate) {
    return new Kept(candidate, Map.of());
  }

  /** Goes on unless there is a reason why not. */
  static Verdict keepUnless(Optional<String> reason, Candidate candidate) {
    return reason.<Verdict>map(Removed::new).orElseGet(() -> keep(candidate));
  }
}
