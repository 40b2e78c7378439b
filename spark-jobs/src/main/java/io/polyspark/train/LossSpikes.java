package io.polyspark.train;

import io.polyspark.train.metrics.StepMetrics;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Tells losses that stick out from the noise of those before them: by median and median absolute
 * deviation, which the spikes themselves hardly move.
 */
final class LossSpikes {
  /** Fewer losses say nothing of their noise. */
  static final int FEWEST = 20;

  /** Makes the median absolute deviation of normal noise its standard deviation. */
  private static final double DEVIATIONS = 1.4826;

  /** Of the median: losses that are all but the same are no measure of noise. */
  private static final double LEAST_DEVIATION = 1e-3;

  private record Loss(long step, double value) {}

  private final int window;
  private final Deque<Loss> before = new ArrayDeque<>();
  private long newest;

  /**
   * @param window of how many steps the losses, of all replicas, are kept
   */
  LossSpikes(int window) {
    this.window = window;
  }

  /** How far the largest of these losses lies above those before; empty if these are too few. */
  OptionalDouble score(List<StepMetrics> steps) {
    double worst = steps.stream().mapToDouble(StepMetrics::loss).max().orElse(Double.NaN);
    double[] losses = before.stream().mapToDouble(Loss::value).sorted().toArray();
    if (losses.length < FEWEST || !Double.isFinite(worst)) {
      return OptionalDouble.empty();
    }
    double median = losses[losses.length / 2];
    double[] distances =
        Arrays.stream(losses).map(loss -> Math.abs(loss - median)).sorted().toArray();
    double deviation =
        Math.max(DEVIATIONS * distances[distances.length / 2], LEAST_DEVIATION * median);
    return deviation > 0 ? OptionalDouble.of((worst - median) / deviation) : OptionalDouble.empty();
  }

  /** Counts a step among those before the next round. */
  void add(StepMetrics step) {
    before.add(new Loss(step.step(), step.loss()));
    newest = Math.max(newest, step.step());
  }

  /** Forgets what the window has left; call it when a round has been added. */
  void trim() {
    before.removeIf(loss -> loss.step() <= newest - window);
  }
}
