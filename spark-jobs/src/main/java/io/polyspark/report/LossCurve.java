package io.polyspark.report;

/**
 * The losses of a run against the tokens it has seen, nats per token.
 *
 * @param steps mean over the replicas of each step's training loss
 * @param rounds mean training loss of each round
 * @param validation validation loss of the rounds that measured it
 */
record LossCurve(Curve steps, Curve rounds, Curve validation) {
  /** Where the curves end, at least 1. */
  double tokens() {
    Curve longest = steps.count() == 0 ? rounds : steps;
    return longest.last().map(Curve.Point::tokens).orElse(1.0);
  }
}
