package io.polyspark.train.ui;

import io.polyspark.train.metrics.LayerHealth;
import io.polyspark.train.metrics.ReplicaMetrics;
import io.polyspark.train.metrics.RoundMetrics;
import io.polyspark.train.metrics.StepMetrics;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * The measures that have a curve, by the names that the page asks for. A value that is not a finite
 * number has no point.
 */
final class Measures {
  /** Of a step of a replica; the curve has the mean over the replicas. */
  static final Map<String, ToDoubleFunction<StepMetrics>> STEP = new LinkedHashMap<>();

  /** Of a round. */
  static final Map<String, ToDoubleFunction<RoundMetrics>> ROUND = new LinkedHashMap<>();

  static {
    STEP.put("loss", StepMetrics::loss);
    STEP.put("gradient_norm", StepMetrics::gradientNorm);
    STEP.put("learning_rate", StepMetrics::learningRate);

    ROUND.put("validation_loss", round -> round.validationLoss().orElse(Double.NaN));
    ROUND.put("tokens_per_second", RoundMetrics::tokensPerSecond);
    ROUND.put("compute_seconds", RoundMetrics::computeSeconds);
    ROUND.put("wait_seconds", RoundMetrics::waitSeconds);
    ROUND.put("average_seconds", RoundMetrics::averageSeconds);
    ROUND.put("broadcast_seconds", RoundMetrics::broadcastSeconds);
    ROUND.put("checkpoint_seconds", RoundMetrics::checkpointSeconds);
    ROUND.put(
        "drift",
        round ->
            round.replicas().stream().mapToDouble(ReplicaMetrics::drift).max().orElse(Double.NaN));
    ROUND.put("loss_spike", round -> round.health().lossSpike().orElse(Double.NaN));
    ROUND.put("straggler", round -> round.health().straggler());
    ROUND.put("dead_activations", round -> worst(round, LayerHealth::deadActivations));
    ROUND.put("dead_channels", round -> worst(round, LayerHealth::deadChannels));
    ROUND.put("saturation", round -> worst(round, LayerHealth::saturation));
  }

  private Measures() {}

  /** The largest of all layers. */
  private static double worst(RoundMetrics round, Function<LayerHealth, OptionalDouble> measure) {
    return round.health().layers().stream()
        .map(measure)
        .flatMapToDouble(OptionalDouble::stream)
        .max()
        .orElse(Double.NaN);
  }

  /** The loss of one replica, whose curve is not a mean. */
  static String lossOf(int replica) {
    return "replica/" + replica + "/loss";
  }

  /** One number of a parameter of an activation. */
  static String coefficient(String parameter, int index) {
    return "coefficient/" + parameter + "/" + index;
  }
}
