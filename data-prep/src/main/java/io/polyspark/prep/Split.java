package io.polyspark.prep;

/** How the text is divided into what models learn from and what they are judged by. */
public enum Split {
  /** Whole documents, by a hash of their text: equal documents never land on both sides. */
  HASH,
  /** The last part of every document is held out. */
  TAIL
}
