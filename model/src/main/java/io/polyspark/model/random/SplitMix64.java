package io.polyspark.model.random;

/**
 * SplitMix64 (Steele, Lea and Flood 2014), its numbers found by their position: each is a pure
 * function of the generator's keys and of where it stands in the sequence, so that who computes
 * again, or in another order, gets the same numbers. Immutable.
 */
public final class SplitMix64 {
  /** What the state grows by from one number to the next: 2^64 over the golden ratio, odd. */
  public static final long GAMMA = 0x9e3779b97f4a7c15L;

  private final long start;

  /**
   * A sequence of its own for every list of keys.
   *
   * @param keys what the numbers are to depend on, any numbers; their order counts
   */
  public SplitMix64(long... keys) {
    long hash = 0;
    for (long key : keys) {
      hash = mix(mix(hash + GAMMA) + key);
    }
    this.start = hash;
  }

  /**
   * Number {@code position} of the sequence, 64 random bits.
   *
   * @param position from 0
   */
  public long at(long position) {
    return mix(start + (position + 1) * GAMMA);
  }

  /** The generator's finalizer: every input bit moves every other. One to one, and 0 stays 0. */
  public static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
