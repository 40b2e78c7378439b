package io.polyspark.prep.filter;

/**
 * The hash of any n consecutive words in constant time, from the sums h(i) = h(i-1) m + w(i) of the
 * words' hashes before each place (Rabin and Karp's rolling hash, modulo 2^64).
 */
public final class NgramHashes {
  private final int words;
  private final long[] sums;

  NgramHashes(long[] wordHashes, int words) {
    this.words = words;
    this.sums = new long[words + 1];
    for (int i = 0; i < words; i++) {
      sums[i + 1] = Hashes.add(sums[i], wordHashes[i]);
    }
  }

  /** Words in all. */
  public int words() {
    return words;
  }

  /** How many n-grams there are: 0 in a text of fewer than n words. */
  public int count(int n) {
    return Math.max(0, words - n + 1);
  }

  /** The hashes of all n-grams in order; an array of the caller's. */
  public long[] all(int n) {
    long power = power(n);
    long[] hashes = new long[count(n)];
    for (int i = 0; i < hashes.length; i++) {
      hashes[i] = at(i, n, power);
    }
    return hashes;
  }

  /** What {@link #at} needs to know about n. */
  static long power(int n) {
    long power = 1;
    for (int i = 0; i < n; i++) {
      power *= Hashes.MULTIPLIER;
    }
    return power;
  }

  /** The hash of the n words from a place on. */
  long at(int from, int n, long power) {
    return sums[from + n] - sums[from] * power;
  }
}
