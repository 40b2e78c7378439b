package io.polyspark.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Prometheus' text format 0.0.4, read by its grammar. No library that is kept up reads it in Java,
 * and those that did leave out samples whose type is not declared, which all of Spark's are.
 */
public final class PrometheusText {
  private static final String NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
  private static final String LABEL = "[a-zA-Z_]\\w*=\"(?:[^\"\\\\\n]|\\\\[\\\\\"n])*\"";
  private static final Pattern SAMPLE =
      Pattern.compile(
          "(NAME)(?:\\{(?:LABEL(?:, ?LABEL)*,?)?})?[ \t]+(\\S+)(?:[ \t]+-?\\d+)?"
              .replace("NAME", NAME)
              .replace("LABEL", LABEL));

  private PrometheusText() {}

  /** The samples by name; of several with other labels, one. Anything else fails the test. */
  public static Map<String, Double> values(String text) {
    Map<String, Double> values = new HashMap<>();
    text.lines()
        .filter(line -> !line.isBlank() && !line.startsWith("#"))
        .forEach(
            line -> {
              Matcher sample = SAMPLE.matcher(line);
              assertThat(sample.matches()).as(line).isTrue();
              values.put(sample.group(1), Double.valueOf(sample.group(2)));
            });
    return values;
  }
}
