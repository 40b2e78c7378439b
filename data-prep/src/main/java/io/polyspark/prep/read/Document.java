package io.polyspark.prep.read;

import java.nio.charset.StandardCharsets;

/** One document: what it says, as characters and as UTF-8, and where it is from. */
public final class Document implements ReadResult {
  private final String text;
  private final byte[] utf8;
  private final double bits;
  private final Place place;

  /** A document of unknown source. */
  Document(String text, byte[] utf8, Place place) {
    this(text, utf8, Double.NaN, place);
  }

  /** A document from nowhere. */
  public Document(String text, byte[] utf8, double bits) {
    this(text, utf8, bits, Place.NONE);
  }

  /**
   * A generated document.
   *
   * @param utf8 the text in UTF-8; kept
   * @param bits its information under the process that generated it, the end of the document
   *     included
   * @param place where it is from
   */
  public Document(String text, byte[] utf8, double bits, Place place) {
    this.text = text;
    this.utf8 = utf8;
    this.bits = bits;
    this.place = place;
  }

  /** The same document with another text, whose information is unknown. */
  public Document withText(String value) {
    return new Document(value, value.getBytes(StandardCharsets.UTF_8), place);
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

  @Override
  public Place place() {
    return place;
  }
}
