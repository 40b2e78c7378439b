package io.polyspark.model.shards;

import io.polyspark.model.random.SplitMix64;

/**
 * Which window a sample is: a pure function of (seed, index), so that a run is the same wherever
 * its tasks land and goes on exactly where it stopped. Epoch e = index / windows visits every
 * window once, in a permutation of its own. The permutation is a Feistel network over the smallest
 * even number of bits that holds the windows' numbers; results beyond the last window are
 * enciphered again until they fall inside (cycle walking, Black and Rogaway 2002), less than four
 * times on average. It takes no memory.
 */
public final class DataOrder {
  private static final int ROUNDS = 6;

  private final long windows;
  private final long seed;
  private final int halfBits;
  private final long halfMask;

  /**
   * @param windows number of windows, at least 1
   * @param seed any number
   */
  public DataOrder(long windows, long seed) {
    if (windows < 1) {
      throw new IllegalArgumentException("there must be at least one window, not " + windows);
    }
    this.windows = windows;
    this.seed = seed;
    int bits = Long.SIZE - Long.numberOfLeadingZeros(windows - 1);
    this.halfBits = Math.max(1, (bits + 1) / 2);
    this.halfMask = (1L << halfBits) - 1;
  }

  /**
   * The window of a sample.
   *
   * @param index number of the sample since the run began, at least 0
   * @return in {@code [0, windows)}
   */
  public long window(long index) {
    long key = mix(seed ^ mix(index / windows));
    long number = index % windows;
    do {
      number = encipher(number, key);
    } while (number >= windows);
    return number;
  }

  /**
   * The place of a sample among those of a round of W replicas and H steps, in [0, H W B): (h W +
   * w) B + b. {@link DataPosition} says which index that is.
   *
   * @param replicas W
   * @param batch rows per replica and step, B
   * @param replica w, in [0, W)
   * @param step h, in [0, H)
   * @param row b, in [0, B)
   */
  public static long place(int replicas, int batch, int replica, int step, int row) {
    return ((long) step * replicas + replica) * batch + row;
  }

  private long encipher(long number, long key) {
    long left = number >>> halfBits;
    long right = number & halfMask;
    for (int round = 0; round < ROUNDS; round++) {
      long swapped = left ^ (mix(right + key + round * SplitMix64.GAMMA) & halfMask);
      left = right;
      right = swapped;
    }
    return left << halfBits | right;
  }

  private static long mix(long value) {
    return SplitMix64.mix(value + SplitMix64.GAMMA);
  }
}
