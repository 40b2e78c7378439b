package io.polyspark.train;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** A configuration with dotted keys, as {@code --set} takes them, to hold beside another one. */
public final class FlatKeys {
  private FlatKeys() {}

  /**
   * The configuration's keys in their order, each with its value as text. The same number has the
   * same text, whatever type it came in: JSON brings whole numbers back as int where long was
   * written, and 1.0 as 1.
   */
  public static SortedMap<String, String> of(Map<?, ?> configuration) {
    SortedMap<String, String> flat = new TreeMap<>();
    flatten("", configuration, flat);
    return flat;
  }

  private static void flatten(String prefix, Map<?, ?> values, Map<String, String> into) {
    values.forEach(
        (key, value) -> {
          if (value instanceof Map<?, ?> nested) {
            flatten(prefix + key + ".", nested, into);
          } else {
            into.put(prefix + key, text(value));
          }
        });
  }

  private static String text(Object value) {
    boolean fraction = value instanceof Double || value instanceof Float;
    if (!fraction) {
      return String.valueOf(value);
    }
    double number = ((Number) value).doubleValue();
    return number == Math.rint(number) && Math.abs(number) < 1e15
        ? Long.toString((long) number)
        : Double.toString(number);
  }
}
