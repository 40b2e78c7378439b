package io.polyspark.prep.filter;

import io.polyspark.prep.read.Document;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Optional;

/** Documents by hand, and what a stage says of them. */
public final class Documents {
  private Documents() {}

  /** A document that says this. */
  public static Document of(String text) {
    return new Document(text, text.getBytes(StandardCharsets.UTF_8), Double.NaN);
  }

  /** The rule by which a stage removes a text; empty where it keeps it. Asks twice. */
  public static Optional<String> removedBy(Stage stage, String text) {
    Optional<String> first = reason(stage.apply(new Candidate(of(text))));
    Optional<String> second = reason(stage.apply(new Candidate(of(text))));
    if (!first.equals(second)) {
      throw new AssertionError(stage.name() + " changed its mind: " + first + ", " + second);
    }
    return first;
  }

  /** A text as a stage leaves it, which keeps it. */
  public static String kept(Stage stage, String text) {
    return ((Verdict.Kept) stage.apply(new Candidate(of(text)))).candidate().text();
  }

  /** So many of the same. */
  static String times(int count, String word) {
    return String.join(" ", Collections.nCopies(count, word));
  }

  private static Optional<String> reason(Verdict verdict) {
    return verdict instanceof Verdict.Removed removed
        ? Optional.of(removed.reason())
        : Optional.empty();
  }
}
