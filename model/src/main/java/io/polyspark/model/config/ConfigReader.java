package io.polyspark.model.config;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Takes typed values out of a map of a user's keys, and knows which ones nobody asked for. */
final class ConfigReader {
  private final Map<String, ?> values;
  private final String source;
  private final Set<String> known = new LinkedHashSet<>();

  ConfigReader(Map<String, ?> values, String source) {
    this.values = values;
    this.source = source;
  }

  int positive(String key) {
    if (!values.containsKey(key)) {
      throw UserError.of(
          "%s: the key '%s' is missing; give a whole number of at least 1.", source, key);
    }
    return positive(key, 1);
  }

  int positive(String key, int otherwise) {
    return whole(key, otherwise, 1);
  }

  int nonNegative(String key, int otherwise) {
    return whole(key, otherwise, 0);
  }

  private int whole(String key, int otherwise, int least) {
    Object value = take(key, otherwise);
    if (value instanceof Number number
        && number.doubleValue() == number.intValue()
        && number.intValue() >= least) {
      return number.intValue();
    }
    throw wrong(key, value, "a whole number of at least " + least);
  }

  double positiveNumber(String key, double otherwise) {
    Object value = take(key, otherwise);
    if (value instanceof Number number
        && number.doubleValue() > 0
        && Double.isFinite(number.doubleValue())) {
      return number.doubleValue();
    }
    throw wrong(key, value, "a number above 0");
  }

  double nonNegativeNumber(String key, double otherwise) {
    Object value = take(key, otherwise);
    if (value instanceof Number number
        && number.doubleValue() >= 0
        && Double.isFinite(number.doubleValue())) {
      return number.doubleValue();
    }
    throw wrong(key, value, "a number of at least 0");
  }

  boolean flag(String key, boolean otherwise) {
    Object value = take(key, otherwise);
    if (value instanceof Boolean flag) {
      return flag;
    }
    throw wrong(key, value, "true or false");
  }

  /** One name for all layers, or a list with one per layer. */
  List<String> names(String key, int layers) {
    Object value = take(key, null);
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

  /** Ends the reading: what nobody asked for is a mistake. */
  void refuseUnknown() {
    for (String key : values.keySet()) {
      if (!known.contains(key)) {
        throw UserError.of(
            "%s: unknown key '%s'; accepted are %s.", source, key, String.join(", ", known));
      }
    }
  }

  private Object take(String key, Object otherwise) {
    known.add(key);
    return values.containsKey(key) ? values.get(key) : otherwise;
  }

  private UserError wrong(String key, Object found, String accepted) {
    return found == null
        ? UserError.of("%s: the key '%s' is missing; give %s.", source, key, accepted)
        : UserError.of("%s: '%s' is '%s', but must be %s.", source, key, found, accepted);
  }
}
