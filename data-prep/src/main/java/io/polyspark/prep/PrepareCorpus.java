package io.polyspark.prep;

import org.apache.spark.api.java.JavaSparkContext;

/** From text to token shards, on Spark. */
public final class PrepareCorpus {
  private PrepareCorpus() {}

  /** As {@link #run(JavaSparkContext, PrepareOptions, PrepareListener)}, silently. */
  public static PreparedCorpus run(JavaSparkContext spark, PrepareOptions options) {
    return run(spark, options, PrepareListener.NONE);
  }

  /**
   * Writes {@code options.output()}, whole or not at all.
   *
   * @throws io.polyspark.model.config.UserError for missing, empty or damaged input, a tokenizer
   *     that cannot be opened, and an output that exists
   */
  public static PreparedCorpus run(
      JavaSparkContext spark, PrepareOptions options, PrepareListener listener) {
    listener.phase("preparing " + options.output());
    return prepare(spark, options);
  }

  private static PreparedCorpus prepare(JavaSparkContext spark, PrepareOptions options) {
    throw new UnsupportedOperationException(options + " on " + spark);
  }
}
