package io.polyspark.train;

import io.polyspark.model.config.ConfigSection;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * H, the steps between two averages: one number for the whole run, or a schedule of numbers. No
 * round crosses the step at which the schedule goes on to its next number, so that a round always
 * belongs to one of them: the last round before it takes what is left.
 *
 * @param stages in ascending order of {@code from}, the first from 0
 */
public record InnerSteps(List<Stage> stages) {
  private static final String KEY = "inner_steps";
  private static final int DEFAULT = 20;
  private static final String ACCEPTED =
      "a whole number of at least 1, or such numbers by the completed steps from which they hold,"
          + " as in {0: 20, 1000: 100}";

  /**
   * A stretch of the run.
   *
   * @param from the completed steps from which it holds, at least 0
   * @param steps H, at least 1
   */
  public record Stage(long from, int steps) {}

  /**
   * @throws IllegalArgumentException if the stages are not as they must be
   */
  public InnerSteps {
    stages = List.copyOf(stages);
    long next = 0;
    for (Stage stage : stages) {
      if (stage.steps() < 1 || (next == 0 ? stage.from() != 0 : stage.from() < next)) {
        throw new IllegalArgumentException("Not a schedule: " + stages);
      }
      next = stage.from() + 1;
    }
    if (stages.isEmpty()) {
      throw new IllegalArgumentException("A schedule has at least one stage");
    }
  }

  /** The same number for the whole run. */
  public static InnerSteps constant(int steps) {
    return new InnerSteps(List.of(new Stage(0, steps)));
  }

  /** Reads the key {@code inner_steps}. */
  static InnerSteps read(ConfigSection root) {
    Optional<Object> found = root.value(KEY);
    if (found.isEmpty() || !(found.get() instanceof Map<?, ?> map)) {
      if (found.isPresent() && !(found.get() instanceof Number)) {
        throw root.mistake(KEY, ACCEPTED, found.get());
      }
      return constant(root.count(KEY, DEFAULT, 1));
    }
    List<Stage> stages = new ArrayList<>();
    map.forEach(
        (from, steps) -> {
          if (!(steps instanceof Integer count) || count < 1 || !isCount(from)) {
            throw root.mistake(KEY, ACCEPTED, map);
          }
          stages.add(new Stage(Long.parseLong(String.valueOf(from)), count));
        });
    stages.sort((a, b) -> Long.compare(a.from(), b.from()));
    if (stages.isEmpty() || stages.get(0).from() != 0) {
      throw root.mistake(
          KEY, "a schedule that begins with step 0, as {0: 20, 1000: 100} does", map);
    }
    return new InnerSteps(stages);
  }

  private static boolean isCount(Object key) {
    return String.valueOf(key).matches("0|[1-9]\\d{0,17}");
  }

  /** What {@link #read} reads: a number, or a mapping where there are several. */
  Object toValue() {
    if (stages.size() == 1) {
      return stages.get(0).steps();
    }
    Map<String, Object> schedule = new LinkedHashMap<>();
    stages.forEach(stage -> schedule.put(Long.toString(stage.from()), stage.steps()));
    return schedule;
  }

  /**
   * The steps of the round that begins after so many completed ones, in a run of {@code total}.
   *
   * @param completed in [0, total)
   */
  public int after(long completed, long total) {
    int at = stages.size() - 1;
    while (stages.get(at).from() > completed) {
      at--;
    }
    return (int) Math.min(stages.get(at).steps(), end(at, total) - completed);
  }

  /** The rounds of a run of {@code total} steps; more than an int holds where they are too many. */
  long rounds(long total) {
    long rounds = 0;
    for (int at = 0; at < stages.size() && stages.get(at).from() < total; at++) {
      Stage stage = stages.get(at);
      rounds += (end(at, total) - stage.from() - 1) / stage.steps() + 1;
    }
    return rounds;
  }

  /** The completed steps at which a stage is over. */
  private long end(int at, long total) {
    return at + 1 < stages.size() ? Math.min(stages.get(at + 1).from(), total) : total;
  }
}
