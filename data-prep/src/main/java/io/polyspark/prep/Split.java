package io.polyspark.prep;

import java.util.Locale;

/** How the text is divided into what models learn from and what they are judged by. */
public enum Split {
  /** Whole documents, by a hash of their text: equal documents never land on both sides. */
  HASH,
  /** The last part of every document is held out. */
  TAIL;

  /** As the command line and the manifest have it. */
  public String optionName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
