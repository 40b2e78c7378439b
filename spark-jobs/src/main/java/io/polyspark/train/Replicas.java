package io.polyspark.train;

import io.polyspark.model.config.ConfigSection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntSupplier;

/**
 * W, how many models train side by side: a number, or a range within which each round has as many
 * as the cluster can run at a time when it begins.
 *
 * @param min the fewest, at least 1
 * @param max the most, at least {@code min}
 */
public record Replicas(int min, int max) {
  private static final String KEY = "replicas";
  private static final int DEFAULT = 2;
  private static final String ACCEPTED =
      "a whole number of at least 1, or a range such as {min: 1, max: 8}";

  /**
   * @throws IllegalArgumentException if it is no range
   */
  public Replicas {
    if (min < 1 || max < min) {
      throw new IllegalArgumentException("From " + min + " to " + max + " replicas");
    }
  }

  /** The same number in every round. */
  public static Replicas fixed(int replicas) {
    return new Replicas(replicas, replicas);
  }

  /** Reads the key {@code replicas}. */
  static Replicas read(ConfigSection root) {
    Optional<Object> found = root.value(KEY);
    if (found.isEmpty() || found.get() instanceof Number) {
      return fixed(root.count(KEY, DEFAULT, 1));
    }
    if (!(found.get() instanceof Map<?, ?> map) || !map.containsKey("max")) {
      throw root.mistake(KEY, ACCEPTED, found.get());
    }
    ConfigSection range = root.section(KEY, "min", "max");
    int max = range.count("max", DEFAULT, 1);
    return new Replicas((int) range.whole("min", 1, 1, max), max);
  }

  /** What {@link #read} reads. */
  Object toValue() {
    if (isFixed()) {
      return min;
    }
    Map<String, Object> range = new LinkedHashMap<>();
    range.put("min", min);
    range.put("max", max);
    return range;
  }

  /** Whether every round has as many. */
  public boolean isFixed() {
    return min == max;
  }

  /**
   * The replicas of a round.
   *
   * @param slots tasks that the cluster can run at a time; not asked for where it does not matter
   */
  int in(IntSupplier slots) {
    return isFixed() ? min : Math.max(min, Math.min(max, slots.getAsInt()));
  }

  /** The number, or the range in words. */
  @Override
  public String toString() {
    return isFixed() ? Integer.toString(min) : min + " to " + max;
  }
}
