package io.polyspark.prep.synthetic;

import io.polyspark.model.random.SplitMix64;

/**
 * Decides by chance and adds up what its decisions say. The source of chance is SplitMix64 (Steele,
 * Lea and Flood 2014), so that a seed gives the same text on every Java version.
 */
final class RandomChooser implements Chooser {
  private static final double LN_2 = StrictMath.log(2);

  private long state;
  private double bits;

  /** A chooser for one document, independent of those of other numbers. */
  RandomChooser(long seed, long document) {
    this.state = SplitMix64.mix(SplitMix64.mix(seed) + document * SplitMix64.GAMMA);
  }

  @Override
  public int choose(int... weights) {
    long total = 0;
    for (int weight : weights) {
      total += weight;
    }
    long left = below(total);
    int chosen = 0;
    while (left >= weights[chosen]) {
      left -= weights[chosen++];
    }
    bits += StrictMath.log((double) total / weights[chosen]) / LN_2;
    return chosen;
  }

  /** The sum of -log2 p over all decisions so far. */
  double bits() {
    return bits;
  }

  /** A number in {@code [0, bound)}, each exactly as likely as the others. */
  private long below(long bound) {
    while (true) {
      long random = next() >>> 1;
      long result = random % bound;
      // The last, incomplete run of numbers would favour small results.
      if (random - result <= Long.MAX_VALUE - (bound - 1)) {
        return result;
      }
    }
  }

  private long next() {
    state += SplitMix64.GAMMA;
    return SplitMix64.mix(state);
  }
}
