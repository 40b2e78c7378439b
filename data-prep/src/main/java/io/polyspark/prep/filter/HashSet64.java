package io.polyspark.prep.filter;

import java.io.Serializable;
import java.util.Arrays;
import java.util.stream.LongStream;

/** An immutable set of 64-bit hashes: open addressing over one array, 16 to 32 bytes a hash. */
public final class HashSet64 implements Serializable {
  private static final long serialVersionUID = 1L;

  /** 0 where there is none. */
  private final long[] slots;

  private final int shift;
  private final int size;
  private final boolean hasZero;

  private HashSet64(long[] distinct) {
    int bits = 64 - Long.numberOfLeadingZeros(Math.max(8, 2L * distinct.length) - 1);
    this.slots = new long[1 << bits];
    this.shift = 64 - bits;
    this.size = distinct.length;
    this.hasZero = Arrays.stream(distinct).anyMatch(hash -> hash == 0);
    for (long hash : distinct) {
      slots[slot(hash)] = hash;
    }
  }

  /** The set of some hashes, of which some may be the same. */
  public static HashSet64 of(LongStream hashes) {
    return new HashSet64(hashes.distinct().toArray());
  }

  /** Whether a hash is in the set. */
  public boolean contains(long hash) {
    return hash == 0 ? hasZero : slots[slot(hash)] != 0;
  }

  /** How many hashes there are. */
  public int size() {
    return size;
  }

  private int slot(long hash) {
    int slot = (int) ((hash * Hashes.MULTIPLIER) >>> shift);
    while (slots[slot] != 0 && slots[slot] != hash) {
      slot = (slot + 1) & (slots.length - 1);
    }
    return slot;
  }
}
