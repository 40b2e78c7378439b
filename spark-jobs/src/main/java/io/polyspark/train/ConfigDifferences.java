package io.polyspark.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What differs between the configuration that a run was started with and the one that it is resumed
 * with.
 */
public final class ConfigDifferences {
  /**
   * Keys on which no bit of the result depends, or of which the environment says more: another
   * device has other kernels.
   */
  private static final Set<String> WITHOUT_EFFECT_ON_BITS =
      Set.of("recompute", "device", "averaging.driver_state");

  /** Sections of which the same is true. */
  private static final Set<String> SECTIONS_WITHOUT_EFFECT = Set.of("health", "metrics");

  private ConfigDifferences() {}

  /**
   * One clause per key on which the result depends, such as {@code "optimizer.lr was 0.001 and is
   * 0.0005"}; empty where all are the same.
   */
  public static List<String> between(Map<String, ?> before, Map<String, ?> now) {
    Map<String, String> old = FlatKeys.of(before);
    Map<String, String> current = FlatKeys.of(now);
    Set<String> keys = new TreeSet<>(old.keySet());
    keys.addAll(current.keySet());
    keys.removeAll(WITHOUT_EFFECT_ON_BITS);
    keys.removeIf(key -> SECTIONS_WITHOUT_EFFECT.contains(key.split("\\.", 2)[0]));
    List<String> differences = new ArrayList<>();
    for (String key : keys) {
      String was = old.getOrDefault(key, "not set");
      String is = current.getOrDefault(key, "not set");
      if (!was.equals(is)) {
        differences.add(key + " was " + was + " and is " + is);
      }
    }
    return differences;
  }
}
