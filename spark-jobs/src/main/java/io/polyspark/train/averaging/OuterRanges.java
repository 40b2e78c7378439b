package io.polyspark.train.averaging;

/** What the numbers of outer optimizers must satisfy. */
final class OuterRanges {
  private OuterRanges() {}

  /**
   * @throws IllegalArgumentException unless {@code value} is finite and above 0
   */
  static void requirePositive(String name, double value) {
    if (!(value > 0 && Double.isFinite(value))) {
      throw new IllegalArgumentException(
          "The outer optimizer's " + name + " must be a number above 0, not " + value);
    }
  }

  /**
   * @throws IllegalArgumentException unless {@code value} is in [0, 1)
   */
  static void requireDecay(String name, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException(
          "The outer optimizer's " + name + " must be a number from 0 to below 1, not " + value);
    }
  }
}
