package io.polyspark.train;

import io.polyspark.train.averaging.OptimizerStatePolicy;
import io.polyspark.train.averaging.RoundState;
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
  private OptionalInt replicasBefore;
  private OptionalDouble medianStepSeconds = OptionalDouble.empty();

  /**
   * @param slots how many replicas the cluster can train at a time
   * @param replicasBefore W of the last round before a resume
   */
  RoundPlanner(TrainConfig config, IntSupplier slots, OptionalInt replicasBefore) {
    this.config = config;
    this.slots = slots;
    this.replicasBefore = replicasBefore;
  }

  /** The round that starts from {@code state}. */
  RoundPlan plan(RoundState state) {
    int replicas = config.replicas().in(slots);
    int steps = config.stepsAfter(state.completedSteps());
    sayReplicas(state.round() + 1, replicas, steps);
    replicasBefore = OptionalInt.of(replicas);
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
    LOG.warn(
        "Round {} has {} replicas, the one before had {}: a round of {} steps now takes {} sequences,"
            + " and the result is not bit for bit that of a run whose replicas stay as many{}",
        round,
        replicas,
        before,
        steps,
        (long) steps * replicas * config.batch(),
        replicas > before && config.averaging().optimizerState() == OptimizerStatePolicy.KEPT
            ? "; replica w above "
                + (before - 1)
                + " starts from the optimizer state of replica w mod "
                + before
            : "");
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
        LOG.warn(
            "Round {}: replica {} reached the deadline of {} s and stopped after {} of {} steps; the"
                + " mean counts it by its steps, the samples that it left come next, and another run"
                + " will not give the same bits",
            round,
            replica,
            String.format(Locale.ROOT, "%.1f", plan.limitSeconds()),
            taken,
            plan.steps());
      }
    }
  }

  private static double pace(List<StepMetrics> steps) {
    return steps.stream().mapToDouble(StepMetrics::computeSeconds).average().orElseThrow();
  }
}
