package io.polyspark.report;

import io.polyspark.train.metrics.RoundMetrics;
import java.util.function.ToDoubleFunction;

/** The parts of a round's wall time. */
@SuppressWarnings("ImmutableEnumChecker") // the functions have no state
enum RoundPart {
  COMPUTE("compute", RoundMetrics::computeSeconds),
  WAIT("wait", RoundMetrics::waitSeconds),
  AVERAGE("average", RoundMetrics::averageSeconds),
  BROADCAST("broadcast", RoundMetrics::broadcastSeconds),
  CHECKPOINT("checkpoint", RoundMetrics::checkpointSeconds),
  /** Validation, above all. */
  OTHER("other", RoundPart::other);

  private final String title;
  private final ToDoubleFunction<RoundMetrics> seconds;

  RoundPart(String title, ToDoubleFunction<RoundMetrics> seconds) {
    this.title = title;
    this.seconds = seconds;
  }

  String title() {
    return title;
  }

  /** What a round spent on it. */
  double seconds(RoundMetrics round) {
    return seconds.applyAsDouble(round);
  }

  private static double other(RoundMetrics round) {
    return Math.max(
        0,
        round.seconds()
            - round.computeSeconds()
            - round.waitSeconds()
            - round.averageSeconds()
            - round.broadcastSeconds()
            - round.checkpointSeconds());
  }
}
