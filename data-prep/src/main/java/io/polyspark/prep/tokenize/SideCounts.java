package io.polyspark.prep.tokenize;

import java.io.Serializable;

/**
 * What one side of some documents amounts to. All counts are whole numbers, so that sums do not
 * depend on how documents were divided among tasks.
 *
 * @param documents documents, or parts of them
 * @param tokens ids, ends of text included
 * @param textBytes bytes of UTF-8, without ends of text
 * @param microbits information in units of 2^-20 bits, a binary micro; 0 where it is unknown
 */
public record SideCounts(long documents, long tokens, long textBytes, long microbits)
    implements Serializable {
  /** Nothing yet. */
  public static final SideCounts NONE = new SideCounts(0, 0, 0, 0);

  private static final double UNIT = 0x1p-20;

  /** One more document; unknown information is left out. */
  SideCounts plus(int documentTokens, int documentBytes, double bits) {
    long units = Double.isNaN(bits) ? 0 : Math.round(bits / UNIT);
    return plus(new SideCounts(1, documentTokens, documentBytes, units));
  }

  /** The sum of both. */
  public SideCounts plus(SideCounts other) {
    return new SideCounts(
        documents + other.documents,
        tokens + other.tokens,
        textBytes + other.textBytes,
        microbits + other.microbits);
  }

  /** Information per byte of text in bits. */
  public double bitsPerByte() {
    return microbits * UNIT / textBytes;
  }
}
