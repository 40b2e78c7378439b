package io.polyspark.prep.shard;

import java.io.Serializable;
import java.util.Comparator;

/**
 * Where a run of tokens goes. (No record: Kryo, which a cluster may be set to, cannot fill one.)
 */
final class ShardPosition implements Comparable<ShardPosition>, Serializable {
  private static final long serialVersionUID = 1L;
  private static final Comparator<ShardPosition> ORDER =
      Comparator.comparingInt(ShardPosition::shard).thenComparingLong(ShardPosition::token);

  private final int shard;
  private final long token;

  /**
   * A place.
   *
   * @param shard number of the file
   * @param token place of the first token in its side's sequence
   */
  ShardPosition(int shard, long token) {
    this.shard = shard;
    this.token = token;
  }

  int shard() {
    return shard;
  }

  long token() {
    return token;
  }

  @Override
  public int compareTo(ShardPosition other) {
    return ORDER.compare(this, other);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ShardPosition position && compareTo(position) == 0;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(token) * 31 + shard;
  }
}
