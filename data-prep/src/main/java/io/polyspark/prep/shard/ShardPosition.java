package io.polyspark.prep.shard;

import java.io.Serializable;
import java.util.Comparator;

/**
 * Where a run of tokens goes.
 *
 * @param shard number of the file
 * @param token place of the first token in its side's sequence
 */
record ShardPosition(int shard, long token) implements Comparable<ShardPosition>, Serializable {
  private static final Comparator<ShardPosition> ORDER =
      Comparator.comparingInt(ShardPosition::shard).thenComparingLong(ShardPosition::token);

  @Override
  public int compareTo(ShardPosition other) {
    return ORDER.compare(this, other);
  }
}
