package io.polyspark.model.tokenize;

import java.util.Arrays;

/**
 * The ids of bytes, and what pairs of ids merge to. A merge is one number, its rank in the upper 32
 * bits and the id of what it makes in the lower, so that the least of several is the one to do
 * first.
 */
final class MergeTable {
  /** Greater than every merge: there is none. */
  static final long NONE = Long.MAX_VALUE;

  private static final long EMPTY = -1;

  private final int[] byteIds;
  private final long[] pairs;
  private final long[] merges;
  private final int mask;

  /**
   * A table without merges.
   *
   * @param byteIds the id of each byte; kept
   * @param most how many merges it will be given
   */
  MergeTable(int[] byteIds, int most) {
    this.byteIds = byteIds;
    int slots = Integer.highestOneBit(Math.max(8, most)) * 4;
    this.pairs = new long[slots];
    this.merges = new long[slots];
    this.mask = slots - 1;
    Arrays.fill(pairs, EMPTY);
  }

  int byteId(byte value) {
    return byteIds[value & 0xff];
  }

  /** Sets a pair's merge; the last of several counts. */
  void put(int left, int right, int rank, int id) {
    long pair = pair(left, right);
    int slot = slot(pair);
    while (pairs[slot] != EMPTY && pairs[slot] != pair) {
      slot = slot + 1 & mask;
    }
    pairs[slot] = pair;
    merges[slot] = (long) rank << 32 | id;
  }

  /** The pair's merge, or {@link #NONE}. */
  long get(int left, int right) {
    long pair = pair(left, right);
    for (int slot = slot(pair); pairs[slot] != EMPTY; slot = slot + 1 & mask) {
      if (pairs[slot] == pair) {
        return merges[slot];
      }
    }
    return NONE;
  }

  static int rank(long merge) {
    return (int) (merge >>> 32);
  }

  static int id(long merge) {
    return (int) merge;
  }

  private static long pair(int left, int right) {
    return (long) left << 32 | right;
  }

  private int slot(long pair) {
    long hash = pair * 0x9e3779b97f4a7c15L;
    return (int) (hash >>> 32) & mask;
  }
}
