package io.polyspark.train;

import io.polyspark.model.config.ConfigSection;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long the others wait for a slow replica: a multiple of the time that the round's steps take
 * at the replicas' median pace.
 *
 * @param factor of the median, above 1; empty where they wait as long as it takes
 */
public record RoundDeadline(OptionalDouble factor) {
  /** Replicas wait for each other as long as it takes. */
  public static final RoundDeadline NONE = new RoundDeadline(OptionalDouble.empty());

  private static final String KEY = "round_deadline";
  private static final String NO_DEADLINE = "none";
  private static final Pattern TIMES_MEDIAN =
      Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)\\s*x\\s+median");

  /**
   * @throws IllegalArgumentException if the factor is not above 1
   */
  public RoundDeadline {
    if (factor.isPresent() && !(factor.getAsDouble() > 1)) {
      throw new IllegalArgumentException("A deadline of " + factor + " times the median");
    }
  }

  /** Reads the key {@code round_deadline}. */
  static RoundDeadline read(ConfigSection root) {
    Optional<Object> found = root.value(KEY);
    if (found.isEmpty() || found.get().equals(NO_DEADLINE)) {
      return NONE;
    }
    Matcher written = TIMES_MEDIAN.matcher(String.valueOf(found.get()));
    if (written.matches() && Double.parseDouble(written.group(1)) > 1) {
      return new RoundDeadline(OptionalDouble.of(Double.parseDouble(written.group(1))));
    }
    throw root.mistake(
        KEY,
        "none, or a number above 1 times the median replica's time, such as 2x median",
        found.get());
  }

  /** What {@link #read} reads. */
  Object toValue() {
    return factor.isPresent()
        ? BigDecimal.valueOf(factor.getAsDouble()).toPlainString() + "x median"
        : NO_DEADLINE;
  }

  /**
   * The seconds that a replica has for its steps; infinite without a deadline, and where no pace is
   * known.
   *
   * @param medianStepSeconds of {@link #medianOf}, from the round before
   */
  double limitSeconds(OptionalDouble medianStepSeconds, int steps) {
    return factor.isPresent() && medianStepSeconds.isPresent()
        ? factor.getAsDouble() * medianStepSeconds.getAsDouble() * steps
        : Double.POSITIVE_INFINITY;
  }

  /**
   * The median of the replicas' seconds per step. Of an even number it is the lower of the two in
   * the middle, so that of two replicas the slower one can be late.
   */
  static OptionalDouble medianOf(List<Double> stepSeconds) {
    List<Double> ascending = stepSeconds.stream().sorted().toList();
    return ascending.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(ascending.get((ascending.size() - 1) / 2));
  }
}
