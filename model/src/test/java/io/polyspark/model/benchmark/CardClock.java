package io.polyspark.model.benchmark;

import io.polyspark.model.tensor.Kernels;
import java.util.Arrays;

/**
 * Times operations on a card: some calls that nobody counts, in which memory is taken and kernels
 * are compiled; then repetitions, each of as many calls as make it much longer than the wait for
 * its end.
 */
final class CardClock {
  /** Of which the second is captured where operations are replayed. */
  private static final int WARM_UP = 4;

  private static final int MOST_CALLS = 200;

  private final Kernels kernels;
  private final int repetitions;
  private final double secondsEach;

  /**
   * @param repetitions how many are timed
   * @param secondsEach how long a repetition should at least take
   */
  CardClock(Kernels kernels, int repetitions, double secondsEach) {
    this.kernels = kernels;
    this.repetitions = repetitions;
    this.secondsEach = secondsEach;
  }

  /** The median of the seconds that operations take, replayed as one where they can be. */
  double replayed(Runnable operations) {
    Object sequence = new Object();
    return launched(() -> kernels.repeat(sequence, operations));
  }

  /** The median of the seconds that operations take, launched one by one. */
  double launched(Runnable operations) {
    double one = 0;
    for (int i = 0; i < WARM_UP; i++) {
      one = seconds(operations, 1);
    }
    int calls = (int) Math.max(1, Math.min(MOST_CALLS, Math.ceil(secondsEach / one)));
    double[] seconds = new double[repetitions];
    for (int i = 0; i < repetitions; i++) {
      seconds[i] = seconds(operations, calls) / calls;
    }
    return median(seconds);
  }

  private double seconds(Runnable operations, int calls) {
    kernels.await();
    long start = System.nanoTime();
    for (int i = 0; i < calls; i++) {
      operations.run();
    }
    kernels.await();
    return (System.nanoTime() - start) * 1e-9;
  }

  /** The upper one of the two in the middle. */
  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
