package io.polyspark.report;

import io.polyspark.train.metrics.ReplicaMetrics;
import io.polyspark.train.metrics.RoundMetrics;
import io.polyspark.train.metrics.StepMetrics;
import java.util.function.ToDoubleFunction;

/**
 * What the page draws of all runs in one chart, a line per run. A number that a record has and that
 * is to be drawn as well is one more constant here; a chart that no run has points for is left out,
 * and NaN is no point.
 */
@SuppressWarnings("ImmutableEnumChecker") // the functions have no state
enum Measure {
  TRAINING_LOSS(
      "training-loss",
      "Training loss",
      "nats per token, mean of a round",
      Place.MIDDLE,
      RoundMetrics::loss,
      step -> Double.NaN),
  VALIDATION_LOSS(
      "validation-loss",
      "Validation loss",
      "nats per token",
      Place.END,
      round -> round.validationLoss().orElse(Double.NaN),
      step -> Double.NaN),
  LEARNING_RATE(
      "learning-rate",
      "Learning rate",
      "",
      Place.STEP,
      round -> Double.NaN,
      StepMetrics::learningRate),
  GRADIENT_NORM(
      "gradient-norm",
      "Gradient norm",
      "before clipping",
      Place.STEP,
      round -> Double.NaN,
      StepMetrics::gradientNorm),
  TOKENS_PER_SECOND(
      "tokens-per-second",
      "Tokens per second",
      "of a round's wall time",
      Place.MIDDLE,
      RoundMetrics::tokensPerSecond,
      step -> Double.NaN),
  DRIFT(
      "drift",
      "Drift",
      "the largest of the replicas",
      Place.END,
      round ->
          round.replicas().stream().mapToDouble(ReplicaMetrics::drift).max().orElse(Double.NaN),
      step -> Double.NaN);

  /** Where a number belongs on the axis. */
  enum Place {
    /** It is a mean over the round. */
    MIDDLE,
    /** It is of the model that the round ended with. */
    END,
    /** It is of a step. */
    STEP
  }

  private final String id;
  private final String title;
  private final String unit;
  private final Place place;
  private final ToDoubleFunction<RoundMetrics> ofRound;
  private final ToDoubleFunction<StepMetrics> ofStep;

  /**
   * @param ofRound the number of a round, or NaN
   * @param ofStep the number of a replica's step, or NaN; what is drawn is the mean over the
   *     replicas
   */
  Measure(
      String id,
      String title,
      String unit,
      Place place,
      ToDoubleFunction<RoundMetrics> ofRound,
      ToDoubleFunction<StepMetrics> ofStep) {
    this.id = id;
    this.title = title;
    this.unit = unit;
    this.place = place;
    this.ofRound = ofRound;
    this.ofStep = ofStep;
  }

  /** The chart that it is drawn in. */
  ChartName chart() {
    return new ChartName(id, title, unit);
  }

  /** Where the number of a round belongs. */
  Place place() {
    return place;
  }

  /** The number of a round. */
  double of(RoundMetrics round) {
    return ofRound.applyAsDouble(round);
  }

  /** The number of a replica's step. */
  double of(StepMetrics step) {
    return ofStep.applyAsDouble(step);
  }
}
