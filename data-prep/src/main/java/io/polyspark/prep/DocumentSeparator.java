package io.polyspark.prep;

/** Where a document ends in a text file. (In JSON lines, a line is a document.) */
public enum DocumentSeparator {
  /** A file is one document. */
  FILE,
  /** One or more lines of nothing but white space separate documents. */
  BLANK_LINE
}
