package io.polyspark.train;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polyspark.model.config.ConfigSection;
import io.polyspark.train.averaging.OuterOptimizer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The outer optimizer in the section {@code averaging} of a configuration: its name, and beside it
 * the numbers that it takes.
 */
final class OuterSection {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String OUTER = "outer";
  private static final List<String> NUMBERS = List.of("lr", "momentum", "beta1", "beta2", "eps");

  private enum Name {
    AVERAGE,
    SGD,
    NESTEROV,
    ADAM;

    List<String> numbers() {
      return switch (this) {
        case AVERAGE -> List.of();
        case SGD -> List.of("lr");
        case NESTEROV -> List.of("lr", "momentum");
        case ADAM -> List.of("lr", "beta1", "beta2", "eps");
      };
    }
  }

  private OuterSection() {}

  /** The keys of the outer optimizers, and those of others beside them. */
  static String[] keysWith(String... others) {
    return Stream.of(Stream.of(OUTER), Stream.of(others), NUMBERS.stream())
        .flatMap(keys -> keys)
        .toArray(String[]::new);
  }

  /** Reads it; a number that the outer optimizer does not take is a mistake. */
  static OuterOptimizer read(ConfigSection section) {
    Name name = section.choice(OUTER, Name.class, Name.AVERAGE);
    for (String key : NUMBERS) {
      if (!name.numbers().contains(key) && section.value(key).isPresent()) {
        throw section.mistake(key, leftOut(name), section.value(key).get());
      }
    }
    return switch (name) {
      case AVERAGE -> OuterOptimizer.average();
      case SGD -> OuterOptimizer.sgd(positive(section, "lr", 1));
      case NESTEROV ->
          OuterOptimizer.nesterov(positive(section, "lr", 0.7), decay(section, "momentum", 0.9));
      case ADAM ->
          OuterOptimizer.adam(
              positive(section, "lr", 1e-3),
              decay(section, "beta1", 0.9),
              decay(section, "beta2", 0.999),
              positive(section, "eps", 1e-8));
    };
  }

  /** What {@link #read} reads. */
  static Map<String, Object> toMap(OuterOptimizer outer) {
    return JSON.convertValue(outer, new TypeReference<LinkedHashMap<String, Object>>() {});
  }

  /** The name of an outer optimizer. */
  static Object nameOf(OuterOptimizer outer) {
    return toMap(outer).get(OUTER);
  }

  /** The name of a configuration's outer optimizer, as plain values hold it. */
  static Object nameIn(Map<String, ?> configuration) {
    Object section = configuration.get("averaging");
    Object name = section instanceof Map<?, ?> averaging ? averaging.get(OUTER) : null;
    return name == null ? ConfigSection.nameOf(Name.AVERAGE) : name;
  }

  private static String leftOut(Name name) {
    return String.format(
        "left out with averaging.outer: %s, which takes %s",
        ConfigSection.nameOf(name),
        name.numbers().isEmpty() ? "no numbers" : String.join(", ", name.numbers()));
  }

  private static double positive(ConfigSection section, String key, double fallback) {
    return section.number(key, fallback, x -> x > 0, "a number above 0");
  }

  private static double decay(ConfigSection section, String key, double fallback) {
    return section.number(key, fallback, x -> x >= 0 && x < 1, "a number from 0 to below 1");
  }
}
