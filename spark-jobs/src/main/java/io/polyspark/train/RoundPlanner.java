package io.polyspark.train;

import io.polyspark.train.averaging.OptimizerStatePolicy;
import io.polyspark.train.averaging.RoundState;
import io.polyspark.train.metrics.Notice;
import io.polyspark.train.metrics.RunMetrics;
import io.polyspark.train.metrics.StepMetrics;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides, on the driver, what each round is to be, from the configuration and from how the round
 * before went; says where that leaves the path on which a run gives the same bits every time.
 */
final class RoundPlanner {
  private static final Logger LOG = LoggerFactory.getLogger(RoundPlanner.class);

  private final TrainConfig config;
  private final IntSupplier slots;
  private final RunMetrics metrics;
  private OptionalInt replicasBefore;
  private OptionalInt stepsBefore = OptionalInt.empty();
  private OptionalDouble medianStepSeconds = OptionalDouble.empty();

  /**
   * @param slots how many replicas the cluster can train at a time
   * @param metrics gets what people should know of a plan
   * @param replicasBefore W of the last round before a resume
   */
  RoundPlanner(
      TrainConfig config, IntSupplier slots, RunMetrics metrics, OptionalInt replicasBefore) {
    this.config = config;
    this.slots = slots;
    this.metrics = metrics;
    this.replicasBefore = replicasBefore;
  }

  /** The round that starts from {@code state}. */
  RoundPlan plan(RoundState state) {
    int replicas = config.replicas().in(slots);
    int steps = config.stepsAfter(state.completedSteps());
    sayReplicas(state.round() + 1, replicas, steps);
    saySteps(state, steps);
    replicasBefore = OptionalInt.of(replicas);
    stepsBefore = OptionalInt.of(steps);
    return new RoundPlan(
        replicas, steps, config.roundDeadline().limitSeconds(medianStepSeconds, steps));
  }

  private void sayReplicas(int round, int replicas, int steps) {
    if (replicasBefore.isEmpty()) {
      if (!config.replicas().isFixed()) {
        LOG.info("Round {} has {} of {} replicas", round, replicas, config.replicas());
      }
      return;
    }
    int before = replicasBefore.getAsInt();
    if (before == replicas) {
      return;
    }
    warn(
        "Round %d has %d replicas, the one before had %d: a round of %d steps now takes %d sequences, and the result is not bit for bit that of a run whose replicas stay as many%s"
            .formatted(
                round,
                replicas,
                before,
                steps,
                (long) steps * replicas * config.batch(),
                replicas > before
                        && config.averaging().optimizerState() == OptimizerStatePolicy.KEPT
                    ? "; replica w above "
                        + (before - 1)
                        + " starts from the optimizer state of replica w mod "
                        + before
                    : ""));
  }

  /** The last round takes what is left, which is no change of plan. */
  private void saySteps(RoundState state, int steps) {
    boolean last = state.completedSteps() + steps >= config.steps();
    if (!last && stepsBefore.isPresent() && stepsBefore.getAsInt() != steps) {
      String sentence =
          "Round %d has %d steps, the one before had %d"
              .formatted(state.round() + 1, steps, stepsBefore.getAsInt());
      LOG.info(sentence);
      metrics.notice(Notice.Topic.REPLICAS, Notice.Severity.INFO, sentence);
    }
  }

  private void warn(String sentence) {
    LOG.warn(sentence);
    metrics.notice(Notice.Topic.REPLICAS, Notice.Severity.WARNING, sentence);
  }

  /**
   * Learns from a round.
   *
   * @param round its number, from 1
   * @param steps what each of its replicas did, in their order
   */
  void finished(int round, RoundPlan plan, List<List<StepMetrics>> steps) {
    medianStepSeconds = RoundDeadline.medianOf(steps.stream().map(RoundPlanner::pace).toList());
    for (int replica = 0; replica < steps.size(); replica++) {
      int taken = steps.get(replica).size();
      if (taken < plan.steps()) {
        warn(
            String.format(
                Locale.ROOT,
                "Round %d: replica %d reached the deadline of %.1f s and stopped after %d of %d steps; the"
                    + " mean counts it by its steps, the samples that it left come next, and another run"
                    + " will not give the same bits",
                round,
                replica,
                plan.limitSeconds(),
                taken,
                plan.steps()));
      }
    }
  }

  private static double pace(List<StepMetrics> steps) {
    return steps.stream().mapToDouble(StepMetrics::computeSeconds).average().orElseThrow();
  }
}
