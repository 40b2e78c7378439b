package io.polyspark.model.config;

import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * Takes typed values out of a map of a user's keys. YAML 1.1 reads 1e-5, which has no point, as
 * text; text that is a number counts as one.
 */
final class ConfigReader {
  private final Map<String, ?> values;
  private final String source;

  /**
   * @param source where the values come from, for messages
   * @param known every key there is
   * @throws UserError if there is another
   */
  ConfigReader(Map<String, ?> values, String source, List<String> known) {
    this.values = values;
    this.source = source;
    for (String key : values.keySet()) {
      if (!known.contains(key)) {
        throw UserError.of(
            "%s: unknown key '%s'; accepted are %s.", source, key, String.join(", ", known));
      }
    }
  }

  /** A whole number from 1 to {@code most}. */
  int positive(String key, int most) {
    return whole(key, null, 1, most);
  }

  /** A whole number from 1 to {@code most}. */
  int positive(String key, int otherwise, int most) {
    return whole(key, otherwise, 1, most);
  }

  /** A whole number from 0 to {@code most}. */
  int nonNegative(String key, int otherwise, int most) {
    return whole(key, otherwise, 0, most);
  }

  private int whole(String key, Integer otherwise, int least, int most) {
    Object value = value(key, otherwise);
    double number = number(value);
    if (number == (int) number && number >= least && number <= most) {
      return (int) number;
    }
    if (number > most) {
      throw wrong(key, value, "a whole number of at most " + most);
    }
    throw wrong(key, value, "a whole number of at least " + least);
  }

  double positiveNumber(String key, double otherwise) {
    Object value = value(key, otherwise);
    double number = number(value);
    if (number > 0 && Double.isFinite(number)) {
      return number;
    }
    throw wrong(key, value, "a number above 0");
  }

  double nonNegativeNumber(String key, double otherwise) {
    Object value = value(key, otherwise);
    double number = number(value);
    if (number >= 0 && Double.isFinite(number)) {
      return number;
    }
    throw wrong(key, value, "a number of at least 0");
  }

  /** NaN where the value is no number. */
  private static double number(Object value) {
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    try {
      return value instanceof String text ? Double.parseDouble(text.strip()) : Double.NaN;
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  boolean flag(String key, boolean otherwise) {
    Object value = value(key, otherwise);
    if (value instanceof Boolean flag) {
      return flag;
    }
    throw wrong(key, value, "true or false");
  }

  /** One name for all layers, or a list with one per layer. */
  List<String> names(String key, int layers) {
    Object value = value(key, null);
    if (value instanceof String name) {
      return Collections.nCopies(layers, name);
    }
    if (value instanceof List<?> list
        && list.size() == layers
        && list.stream().allMatch(String.class::isInstance)) {
      return list.stream().map(String.class::cast).toList();
    }
    throw wrong(key, value, "a name, or a list of one name for each of the " + layers + " layers");
  }

  private Object value(String key, Object otherwise) {
    return values.containsKey(key) ? values.get(key) : otherwise;
  }

  private UserError wrong(String key, Object found, String accepted) {
    return found == null
        ? UserError.of("%s: the key '%s' is missing; give %s.", source, key, accepted)
        : UserError.of("%s: '%s' is '%s', but must be %s.", source, key, found, accepted);
  }
}
