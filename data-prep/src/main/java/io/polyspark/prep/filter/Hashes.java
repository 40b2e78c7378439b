package io.polyspark.prep.filter;

/**
 * The 64-bit hashes behind all comparisons of words, lines and n-grams. They are the same on every
 * machine. With 10^6 different items the chance that any two collide is about 3 in 10^8.
 */
final class Hashes {
  /** Odd, so that multiplying by it modulo 2^64 loses nothing. */
  static final long MULTIPLIER = 0x9e3779b97f4a7c15L;

  private Hashes() {}

  /** Adds one more item to the hash of a sequence; a 0 in front counts, too. */
  static long add(long hash, long item) {
    return hash * MULTIPLIER + item + 1;
  }

  /** Spreads a sum over all bits: Stafford's variant 13 of the finalizer of MurmurHash3. */
  static long mix(long hash) {
    long z = (hash ^ (hash >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
