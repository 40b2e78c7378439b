package io.polyspark.train;

import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;

/** Trains a language model on Spark. */
public final class TrainJob {
  private TrainJob() {}

  /**
   * Runs all rounds, or those that are left.
   *
   * @param data a directory of token shards
   * @param output the run's directory, made here; must not exist, except to resume
   * @param resume go on from the newest whole checkpoint of {@code output}
   */
  @SuppressWarnings("DoNotCallSuggester")
  public static TrainResult run(
      JavaSparkContext spark, TrainConfig config, Path data, Path output, boolean resume) {
    throw new UnsupportedOperationException(
        "Not built yet: " + spark + config + data + output + resume);
  }
}
