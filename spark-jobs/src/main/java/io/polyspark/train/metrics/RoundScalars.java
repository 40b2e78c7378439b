package io.polyspark.train.metrics;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The numbers of a round by name, for what shows numbers alone: gauges and TensorBoard. The names
 * are those of {@code metrics.jsonl}, where a number stands there as it is. A number that does not
 * apply, or was not measured, is not there.
 */
final class RoundScalars {
  /** The names that a dense or a mixture model may have, in their order. */
  static final List<String> NAMES =
      List.of(
          "round",
          "step",
          "replicas",
          "loss",
          "validation_loss",
          "learning_rate",
          "gradient_norm",
          "tokens_seen",
          "tokens_per_second",
          "seconds",
          "compute_seconds",
          "wait_seconds",
          "average_seconds",
          "broadcast_seconds",
          "checkpoint_seconds",
          "sent_bytes",
          "broadcast_bytes",
          "outside_share",
          "drift",
          "expert_entropy",
          "loss_spike",
          "non_finite_steps",
          "straggler",
          "dead_activations",
          "dead_channels",
          "saturation",
          "dead_experts");

  private RoundScalars() {}

  /**
   * The numbers of a round. What replicas or layers have each is there as the one that asks for
   * attention: the largest drift, share of what is dead, and saturation, the smallest entropy; dead
   * experts are counted over all layers.
   *
   * @param steps of all replicas; the learning rate is that of the last, the gradient's norm the
   *     mean over the replicas' last
   */
  static Map<String, Double> of(RoundMetrics round, List<StepMetrics> steps) {
    Map<String, Double> scalars = new LinkedHashMap<>();
    scalars.put("round", (double) round.round());
    scalars.put("step", (double) round.step());
    scalars.put("replicas", (double) round.replicaSteps().size());
    scalars.put("loss", round.loss());
    put(scalars, "validation_loss", round.validationLoss());
    put(scalars, "learning_rate", lastOf(steps).mapToDouble(StepMetrics::learningRate).max());
    put(scalars, "gradient_norm", lastOf(steps).mapToDouble(StepMetrics::gradientNorm).average());
    scalars.put("tokens_seen", (double) round.tokensSeen());
    scalars.put("tokens_per_second", round.tokensPerSecond());
    scalars.put("seconds", round.seconds());
    scalars.put("compute_seconds", round.computeSeconds());
    scalars.put("wait_seconds", round.waitSeconds());
    scalars.put("average_seconds", round.averageSeconds());
    scalars.put("broadcast_seconds", round.broadcastSeconds());
    scalars.put("checkpoint_seconds", round.checkpointSeconds());
    scalars.put("sent_bytes", (double) round.sentBytes());
    scalars.put("broadcast_bytes", (double) round.broadcastBytes());
    scalars.put("outside_share", round.outsideShare());
    put(scalars, "drift", round.replicas().stream().mapToDouble(ReplicaMetrics::drift).max());
    put(
        scalars,
        "expert_entropy",
        round.experts().stream().mapToDouble(ExpertMetrics::entropy).min());
    HealthMetrics health = round.health();
    put(scalars, "loss_spike", health.lossSpike());
    scalars.put("non_finite_steps", (double) health.nonFiniteSteps());
    scalars.put("straggler", health.straggler());
    put(scalars, "dead_activations", most(health, LayerHealth::deadActivations));
    put(scalars, "dead_channels", most(health, LayerHealth::deadChannels));
    put(scalars, "saturation", most(health, LayerHealth::saturation));
    if (!round.experts().isEmpty()) {
      scalars.put(
          "dead_experts",
          (double) health.layers().stream().mapToInt(layer -> layer.deadExperts().size()).sum());
    }
    return scalars;
  }

  /** The last step of each replica that has one. */
  private static Stream<StepMetrics> lastOf(List<StepMetrics> steps) {
    Map<Integer, StepMetrics> last = new LinkedHashMap<>();
    steps.forEach(step -> last.put(step.replica(), step));
    return last.values().stream();
  }

  private static OptionalDouble most(
      HealthMetrics health, Function<LayerHealth, OptionalDouble> measure) {
    return health.layers().stream().map(measure).flatMapToDouble(OptionalDouble::stream).max();
  }

  private static void put(Map<String, Double> scalars, String name, OptionalDouble value) {
    value.ifPresent(number -> scalars.put(name, number));
  }
}
