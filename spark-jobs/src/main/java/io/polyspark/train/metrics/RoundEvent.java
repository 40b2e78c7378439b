package io.polyspark.train.metrics;

import org.apache.spark.scheduler.SparkListenerEvent;

/**
 * The end of a round, as an event on Spark's listener bus; Spark writes it to the event log as
 * JSON.
 *
 * @param metrics what the round measured
 */
public record RoundEvent(RoundMetrics metrics) implements SparkListenerEvent {}
