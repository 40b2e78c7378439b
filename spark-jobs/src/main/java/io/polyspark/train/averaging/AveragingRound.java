package io.polyspark.train.averaging;

import java.io.Serializable;
import org.apache.spark.api.java.JavaSparkContext;

/** Runs one round of averaging on the cluster. */
public final class AveragingRound {
  private final JavaSparkContext spark;
  private final AveragingOptions options;

  public AveragingRound(JavaSparkContext spark, AveragingOptions options) {
    this.spark = spark;
    this.options = options;
  }

  /** How the rounds are averaged. */
  public AveragingOptions options() {
    return options;
  }

  /**
   * Runs round {@code state.round() + 1}: every replica trains from {@code state}, and their mean
   * makes the next one.
   *
   * @throws DivergedException if a replica diverged, or its parameters are not finite; nothing of
   *     the round is left behind
   */
  @SuppressWarnings("DoNotCallSuggester") // the body follows
  public <M extends Serializable> RoundResult<M> run(RoundState state, ReplicaTask<M> task) {
    throw new UnsupportedOperationException(spark + " is not asked yet to run " + state + task);
  }
}
