package io.polyspark.model.optimize;

/**
 * Linear warm-up, then half a cosine that comes down to the least rate after the last step, and
 * that rate from there on. A function of the step alone, so that a run that is resumed or moves to
 * another executor goes on where it was.
 */
public final class LearningRate {
  private final double peak;
  private final double least;
  private final long warmupSteps;
  private final long totalSteps;

  /**
   * @param peak the rate at the end of the warm-up
   * @param least the rate from {@code totalSteps} on
   * @param warmupSteps steps of warm-up; the first step has {@code peak / warmupSteps}
   * @param totalSteps steps of the whole schedule, warm-up included
   */
  public LearningRate(double peak, double least, long warmupSteps, long totalSteps) {
    this.peak = peak;
    this.least = least;
    this.warmupSteps = warmupSteps;
    this.totalSteps = totalSteps;
  }

  /** The schedule that the configuration describes. */
  public static LearningRate of(AdamWConfig config, long totalSteps) {
    return new LearningRate(config.lr(), config.minLr(), config.warmupSteps(), totalSteps);
  }

  /** The rate of a step, counted from 0. */
  public double at(long step) {
    if (step < warmupSteps) {
      return peak * (step + 1) / warmupSteps;
    }
    if (step >= totalSteps) {
      return least;
    }
    double progress = (double) (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
    return least + (peak - least) * 0.5 * (1 + StrictMath.cos(Math.PI * progress));
  }
}
