package io.polyspark.prep.synthetic;

import java.util.Arrays;
import java.util.List;

/** Makes the decisions of a derivation. */
interface Chooser {
  /**
   * Decides among alternatives.
   *
   * @param weights whole numbers of 0 or more, not all 0: alternative i has probability weights[i]
   *     / sum
   * @return the number of the alternative, one with a weight above 0
   */
  int choose(int... weights);

  /** Decides among n equally likely numbers, {@code [0, n)}. */
  default int uniform(int n) {
    int[] weights = new int[n];
    Arrays.fill(weights, 1);
    return choose(weights);
  }

  /** Decides among equally likely things. */
  default <T> T pick(List<T> things) {
    return things.get(uniform(things.size()));
  }
}
