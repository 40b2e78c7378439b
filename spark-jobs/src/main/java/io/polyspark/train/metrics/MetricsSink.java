package io.polyspark.train.metrics;

/**
 * Somewhere that metrics go. Called by one thread, in the order of the rounds, each record once.
 */
public interface MetricsSink extends AutoCloseable {
  /** Takes the steps of one replica in one round. */
  void replicaRound(ReplicaRoundEvent event);

  /** Takes a round whose replicas' steps have all been taken. */
  void round(RoundMetrics round);

  /**
   * Makes durable what was taken so far: a checkpoint is about to be written. May be called on
   * another thread than the rest.
   *
   * @throws java.io.UncheckedIOException if it cannot; the checkpoint is not written then
   */
  default void flush() {}

  /** Ends the output; nothing is taken afterwards. */
  @Override
  default void close() {}
}
