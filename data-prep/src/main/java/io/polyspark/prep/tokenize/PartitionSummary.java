package io.polyspark.prep.tokenize;

import java.io.Serializable;
import java.util.EnumMap;
import java.util.TreeMap;

/**
 * The counts of one partition, or of several together.
 *
 * @param read documents met
 * @param sides what was kept, by side
 * @param dropped documents left out, by reason
 * @param rejected how many of those were damaged
 * @param firstRejection what was wrong with the first damaged one; null if there is none
 */
public record PartitionSummary(
    long read,
    EnumMap<Side, SideCounts> sides,
    TreeMap<String, Long> dropped,
    long rejected,
    String firstRejection)
    implements Serializable {
  /** Counts of nothing. */
  public static PartitionSummary none() {
    return new PartitionSummary(0, new EnumMap<>(Side.class), new TreeMap<>(), 0, null);
  }

  /** The sum with a partition that comes later in the order. */
  public PartitionSummary plus(PartitionSummary later) {
    EnumMap<Side, SideCounts> sumOfSides = new EnumMap<>(sides);
    later.sides.forEach((side, counts) -> sumOfSides.merge(side, counts, SideCounts::plus));
    TreeMap<String, Long> sumOfDropped = new TreeMap<>(dropped);
    later.dropped.forEach((reason, count) -> sumOfDropped.merge(reason, count, Long::sum));
    return new PartitionSummary(
        read + later.read,
        sumOfSides,
        sumOfDropped,
        rejected + later.rejected,
        firstRejection != null ? firstRejection : later.firstRejection);
  }

  /** What one side has. */
  public SideCounts side(Side side) {
    return sides.getOrDefault(side, SideCounts.NONE);
  }

  /** Documents of which something was kept. */
  public long kept() {
    return read - dropped.values().stream().mapToLong(Long::longValue).sum();
  }
}
