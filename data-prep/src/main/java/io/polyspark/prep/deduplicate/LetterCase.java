package io.polyspark.prep.deduplicate;

/** What deduplication makes of capital letters. */
public enum LetterCase {
  /** Texts that differ in capitals differ. */
  KEPT,
  /** Texts are compared in lower case, by the rules of no particular language. */
  LOWERED
}
