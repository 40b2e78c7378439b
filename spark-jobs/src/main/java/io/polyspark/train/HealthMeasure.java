package io.polyspark.train;

import io.polyspark.train.metrics.HealthMetrics;
import io.polyspark.train.metrics.LayerHealth;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;

/** A measure of a run's health that has a limit. */
enum HealthMeasure {
  DEAD_ACTIVATIONS("the share of zeros after the activation"),
  DEAD_CHANNELS("the share of channels that are zero for every token"),
  SATURATION("the share of a cube's norm that single channels hold"),
  DEAD_EXPERTS("the load of the experts"),
  LOSS_SPIKE("the worst loss of a step"),
  STRAGGLER("the slowest replica");

  /** A slow machine or a layer that wavers is no news; one bad batch is. */
  private static final int PATIENCE = 3;

  private final String words;

  HealthMeasure(String words) {
    this.words = words;
  }

  /** What it is, within a sentence. */
  String words() {
    return words;
  }

  /** How many rounds in a row make it beyond its limit, or within it again. */
  int rounds(boolean isBeyond) {
    return isBeyond && this == LOSS_SPIKE ? 1 : PATIENCE;
  }

  /** The measures that lie beyond their limits, and what is to be said of each. */
  static Map<HealthMeasure, String> beyond(HealthLimits limits, HealthMetrics health) {
    Map<HealthMeasure, String> beyond = new EnumMap<>(HealthMeasure.class);
    DEAD_ACTIVATIONS.ofLayers(
        beyond, health, LayerHealth::deadActivations, limits.deadActivations());
    DEAD_CHANNELS.ofLayers(beyond, health, LayerHealth::deadChannels, limits.deadChannels());
    SATURATION.ofLayers(beyond, health, LayerHealth::saturation, limits.saturation());
    deadExperts(beyond, health.layers(), limits.expertLoad());
    double spike = health.lossSpike().orElse(0);
    if (spike > limits.lossSpike()) {
      beyond.put(
          LOSS_SPIKE,
          text(
              "%s is %.1f deviations above the median of the steps before, more than health.loss_spike=%s",
              LOSS_SPIKE.words, spike, limits.lossSpike()));
    }
    if (health.straggler() > limits.straggler()) {
      beyond.put(
          STRAGGLER,
          text(
              "%s takes %.1f times as long for a step as the median, more than health.straggler=%s",
              STRAGGLER.words, health.straggler(), limits.straggler()));
    }
    return beyond;
  }

  private void ofLayers(
      Map<HealthMeasure, String> beyond,
      HealthMetrics health,
      Function<LayerHealth, OptionalDouble> measure,
      double limit) {
    int layers = 0;
    int worst = 0;
    double most = 0;
    for (int layer = 0; layer < health.layers().size(); layer++) {
      double value = measure.apply(health.layers().get(layer)).orElse(0);
      if (value > limit) {
        layers++;
        worst = value > most ? layer : worst;
        most = Math.max(most, value);
      }
    }
    if (layers > 0) {
      String others = layers == 1 ? "" : " and too large in %d others".formatted(layers - 1);
      beyond.put(
          this,
          text(
              "%s is %.3f in layer %d%s, more than health.%s=%s",
              words, most, worst, others, name().toLowerCase(Locale.ROOT), limit));
    }
  }

  private static void deadExperts(
      Map<HealthMeasure, String> beyond, List<LayerHealth> layers, double limit) {
    int dead = layers.stream().mapToInt(layer -> layer.deadExperts().size()).sum();
    for (int layer = 0; layer < layers.size() && !beyond.containsKey(DEAD_EXPERTS); layer++) {
      if (!layers.get(layer).deadExperts().isEmpty()) {
        beyond.put(
            DEAD_EXPERTS,
            text(
                "expert %d of layer %d%s served less than health.expert_load=%s of an even load",
                layers.get(layer).deadExperts().get(0),
                layer,
                dead == 1 ? "" : " and %d others".formatted(dead - 1),
                limit));
      }
    }
  }

  private static String text(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }
}
