package io.polyspark.evaluate;

import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;

/** Measures a checkpoint on a split, as a Spark job. */
public final class Evaluation {
  /**
   * The loss of a checkpoint over a split.
   *
   * @param loss mean cross-entropy over every predicted token of every window, nats per token
   * @param perplexity e^loss
   * @param bitsPerByte {@code loss / ln 2} bits per token, times the split's tokens over its bytes
   *     of text
   * @param tokens predicted tokens
   */
  public record Result(double loss, double perplexity, double bitsPerByte, long tokens) {}

  private Evaluation() {}

  /**
   * Runs the job.
   *
   * @param checkpoint a checkpoint, or a run whose newest whole checkpoint is taken
   * @param data a directory of token shards
   * @param split {@code train} or {@code validation}
   */
  public static Result run(JavaSparkContext spark, Path checkpoint, Path data, String split) {
    throw new UnsupportedOperationException();
  }
}
