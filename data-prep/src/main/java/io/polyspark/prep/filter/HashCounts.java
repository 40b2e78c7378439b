package io.polyspark.prep.filter;

import java.util.Arrays;

/** How often each hash occurred: open addressing over arrays that are used again and again. */
final class HashCounts {
  private long[] keys = new long[0];
  private int[] counts = new int[0];
  private int shift;

  /** Forgets everything and makes room for so many different hashes. */
  void reset(int expected) {
    int bits = 64 - Long.numberOfLeadingZeros(Math.max(8, 2L * expected) - 1);
    int capacity = 1 << bits;
    if (keys.length < capacity) {
      keys = new long[capacity];
      counts = new int[capacity];
    } else {
      Arrays.fill(counts, 0, capacity, 0);
    }
    shift = 64 - bits;
  }

  /** Counts one more of a hash and returns how many there are now. */
  int increment(long hash) {
    int slot = slot(hash);
    keys[slot] = hash;
    return ++counts[slot];
  }

  /** How many there are of a hash. */
  int count(long hash) {
    return counts[slot(hash)];
  }

  private int slot(long hash) {
    int mask = (1 << (64 - shift)) - 1;
    int slot = (int) ((hash * Hashes.MULTIPLIER) >>> shift);
    while (counts[slot] != 0 && keys[slot] != hash) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }
}
