package io.polyspark.terminal;

import java.util.Optional;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.LongAccumulator;

/**
 * A Spark job that counts what it does while it does it, for progress that is finer than its tasks.
 * The count is an accumulator, which Spark's pages show too, and whose values come to the driver
 * with the heartbeats of executors. Results do not depend on it.
 *
 * @param total how much there is to count
 * @param unit in the plural; the accumulator's name
 */
public record CountedJob(long total, String unit) {
  private static final String PROPERTY = "spark.polyspark.counts";
  private static final Pattern COUNTS = Pattern.compile("(\\d+) (.+)");

  /**
   * Names the jobs that this thread starts next.
   *
   * @param description for people
   * @return what their tasks add to
   */
  public LongAccumulator begin(JavaSparkContext spark, String description) {
    spark.setJobDescription(description);
    spark.setLocalProperty(PROPERTY, total + " " + unit);
    return spark.sc().longAccumulator(unit);
  }

  /** Takes the names away again. */
  public static void end(JavaSparkContext spark) {
    spark.setJobDescription(null);
    spark.setLocalProperty(PROPERTY, null);
  }

  /** What the jobs with these properties count, if they count. */
  public static Optional<CountedJob> of(Properties properties) {
    Matcher counts = COUNTS.matcher(properties.getProperty(PROPERTY, ""));
    return counts.matches()
        ? Optional.of(new CountedJob(Long.parseLong(counts.group(1)), counts.group(2)))
        : Optional.empty();
  }
}
