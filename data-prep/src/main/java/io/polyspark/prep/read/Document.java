package io.polyspark.prep.read;

/** One document: what it says, as characters and as UTF-8. */
public final class Document implements ReadResult {
  private final String text;
  private final byte[] utf8;
  private final double bits;

  /** A document of unknown source. */
  Document(String text, byte[] utf8) {
    this(text, utf8, Double.NaN);
  }

  /**
   * A generated document.
   *
   * @param utf8 the text in UTF-8; kept
   * @param bits its information under the process that generated it, the end of the document
   *     included
   */
  public Document(String text, byte[] utf8, double bits) {
    this.text = text;
    this.utf8 = utf8;
    this.bits = bits;
  }

  /** What it says. */
  public String text() {
    return text;
  }

  /** The same in UTF-8; the document's own array, not to be changed. */
  public byte[] utf8() {
    return utf8;
  }

  /** Information in bits under the process that generated it; NaN where that is unknown. */
  public double bits() {
    return bits;
  }
}
