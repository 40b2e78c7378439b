package io.polyspark.prep.normalize;

/** What to do about a kind of character that text should not have. */
public enum CharacterPolicy {
  /** Leave it in the text. */
  KEEP,
  /** Take it out of the text. */
  REMOVE,
  /** Remove the document. */
  REJECT
}
