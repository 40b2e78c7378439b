package io.polyspark.prep;

import java.util.Locale;

/** Where a document ends in a text file. (In JSON lines, a line is a document.) */
public enum DocumentSeparator {
  /** A file is one document. */
  FILE,
  /** One or more lines of nothing but white space separate documents. */
  BLANK_LINE;

  /** As the command line and the manifest have it. */
  public String optionName() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
