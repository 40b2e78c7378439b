package io.polyspark.prep.filter;

import java.io.Serializable;

/**
 * A step that every document goes through by itself. A stage is a pure function: the same document
 * always gets the same verdict, wherever and whenever.
 */
public interface Stage extends Serializable {
  /** The name under which its counts are reported, as a configuration file writes it. */
  String name();

  /** Keeps the document, perhaps changed, or removes it. */
  Verdict apply(Candidate candidate);
}
