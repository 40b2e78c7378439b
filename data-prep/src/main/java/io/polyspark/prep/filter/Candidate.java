package io.polyspark.prep.filter;

import io.polyspark.prep.read.Document;

/**
 * A document on its way through the stages, with the statistics of its text, which are computed
 * once for all stages that ask. Belongs to one thread.
 */
public final class Candidate {
  private final Document document;
  private TextStatistics statistics;

  /** A document that no stage has seen yet. */
  public Candidate(Document document) {
    this.document = document;
  }

  /** The document as it is now. */
  public Document document() {
    return document;
  }

  /** What it says now. */
  public String text() {
    return document.text();
  }

  /** The statistics of what it says now. */
  public TextStatistics statistics() {
    if (statistics == null) {
      statistics = TextStatistics.of(document.text());
    }
    return statistics;
  }

  /** The same document with another text; itself where the text is the same. */
  public Candidate withText(String text) {
    return text.equals(document.text()) ? this : new Candidate(document.withText(text));
  }
}
