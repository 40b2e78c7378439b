package io.polyspark.train;

import io.polyspark.model.config.ConfigSection;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where the measures of a run's health stop being normal: each raises a notice when it is passed,
 * and one when it is back. No bit of training depends on them.
 *
 * @param deadActivations the largest share of zeros after ReLU and PolyReLU, in a layer
 * @param deadChannels the largest share of channels that are zero for every token, in a layer
 * @param saturation how much of a cube's norm single channels may hold, in a layer
 * @param expertLoad an expert is dead whose load is under this share of an even one
 * @param lossSpike how many deviations the worst loss may lie above the median
 * @param lossWindow of how many steps before a round the median is
 * @param straggler how many times as long as the median replica's a replica's steps may take
 */
public record HealthLimits(
    double deadActivations,
    double deadChannels,
    double saturation,
    double expertLoad,
    double lossSpike,
    int lossWindow,
    double straggler) {
  private static final String SECTION = "health";
  private static final String SHARE = "a number from 0 to 1";

  /** Reads the section {@code health}. */
  static HealthLimits read(ConfigSection root) {
    ConfigSection section =
        root.section(
            SECTION,
            "dead_activations",
            "dead_channels",
            "saturation",
            "expert_load",
            "loss_spike",
            "loss_window",
            "straggler");
    return new HealthLimits(
        share(section, "dead_activations", 0.99),
        share(section, "dead_channels", 0.5),
        share(section, "saturation", 0.9),
        share(section, "expert_load", 0.1),
        section.number("loss_spike", 8, x -> x > 0, "a number above 0"),
        section.count("loss_window", 200, 1),
        section.number("straggler", 2, x -> x > 1, "a number above 1"));
  }

  private static double share(ConfigSection section, String key, double normal) {
    return section.number(key, normal, x -> x >= 0 && x <= 1, SHARE);
  }

  /** What {@link #read} reads. */
  Map<String, Object> toMap() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("dead_activations", deadActivations);
    values.put("dead_channels", deadChannels);
    values.put("saturation", saturation);
    values.put("expert_load", expertLoad);
    values.put("loss_spike", lossSpike);
    values.put("loss_window", lossWindow);
    values.put("straggler", straggler);
    return values;
  }
}
