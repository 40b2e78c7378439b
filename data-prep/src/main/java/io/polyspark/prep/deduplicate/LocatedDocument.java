package io.polyspark.prep.deduplicate;

import java.io.Serializable;

/**
 * A document and where it is from, which is its identity: no two documents share source and
 * position, however the input is divided among tasks. (No record: Kryo, which a cluster may be set
 * to, cannot fill one.)
 */
public final class LocatedDocument implements Serializable {
  private static final long serialVersionUID = 1L;

  private final String source;
  private final long position;
  private final String text;

  /**
   * A document.
   *
   * @param source the file that it is from, the same in every run
   * @param position in the source: the offset of its first byte, or its number
   */
  public LocatedDocument(String source, long position, String text) {
    this.source = source;
    this.position = position;
    this.text = text;
  }

  /** The file that it is from. */
  public String source() {
    return source;
  }

  /** Where in the source it is. */
  public long position() {
    return position;
  }

  /** What it says. */
  public String text() {
    return text;
  }
}
