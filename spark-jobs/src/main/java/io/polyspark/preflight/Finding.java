package io.polyspark.preflight;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a check found.
 *
 * @param check its name, a word
 * @param level how bad it is
 * @param text what there is; where that is not good, a sentence that says what to do
 */
public record Finding(String check, Level level, String text) {
  /** How bad a finding is. */
  public enum Level {
    /** As it should be. */
    OK,
    /** The run would start, but slower or not for long. */
    WARN,
    /** The run would fail. */
    FAIL;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static Finding ok(String check, String format, Object... arguments) {
    return new Finding(check, Level.OK, String.format(Locale.ROOT, format, arguments));
  }

  static Finding warn(String check, String format, Object... arguments) {
    return new Finding(check, Level.WARN, String.format(Locale.ROOT, format, arguments));
  }

  static Finding fail(String check, String format, Object... arguments) {
    return new Finding(check, Level.FAIL, String.format(Locale.ROOT, format, arguments));
  }

  /** The first that would make a run fail. */
  public static Optional<Finding> firstFailure(List<Finding> findings) {
    return findings.stream().filter(finding -> finding.level() == Level.FAIL).findFirst();
  }
}
