package io.polyspark.prep.report;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.io.Serializable;
import java.util.Arrays;

/**
 * How long documents are: counts in bins that double in width. Bin 0 counts length 0, bin k > 0
 * lengths from 2^(k-1) to 2^k - 1. Histograms of parts add up in any order. Belongs to one thread
 * while it counts. (No record: Kryo, which a cluster may be set to, cannot fill one.)
 */
public final class LengthHistogram implements Serializable {
  private static final long serialVersionUID = 1L;

  private final long[] counts = new long[Long.SIZE];

  /** Counts of nothing yet. */
  public LengthHistogram() {}

  /**
   * Counts as {@link #toCounts} gives them.
   *
   * @throws IllegalArgumentException if there are too many, or one is negative
   */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static LengthHistogram of(long[] counts) {
    if (counts.length > Long.SIZE || Arrays.stream(counts).anyMatch(count -> count < 0)) {
      throw new IllegalArgumentException(
          "a histogram has at most " + Long.SIZE + " counts, none below 0");
    }
    LengthHistogram histogram = new LengthHistogram();
    System.arraycopy(counts, 0, histogram.counts, 0, counts.length);
    return histogram;
  }

  /**
   * Counts a document.
   *
   * @param length at least 0
   */
  public void add(long length) {
    counts[Long.SIZE - Long.numberOfLeadingZeros(length)]++;
  }

  /** The histogram of these documents and of others. */
  public LengthHistogram plus(LengthHistogram other) {
    LengthHistogram sum = new LengthHistogram();
    Arrays.setAll(sum.counts, bin -> counts[bin] + other.counts[bin]);
    return sum;
  }

  /** The counts of all bins up to the last that has any. */
  @JsonValue
  public long[] toCounts() {
    int bins = counts.length;
    while (bins > 0 && counts[bins - 1] == 0) {
      bins--;
    }
    return Arrays.copyOf(counts, bins);
  }

  /** Documents in all bins. */
  public long documents() {
    return Arrays.stream(counts).sum();
  }

  /** The least length of a bin. */
  static long start(int bin) {
    return bin == 0 ? 0 : 1L << (bin - 1);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LengthHistogram histogram && Arrays.equals(counts, histogram.counts);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(counts);
  }

  @Override
  public String toString() {
    return Arrays.toString(toCounts());
  }
}
