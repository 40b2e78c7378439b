package io.polyspark.train.metrics;

import org.apache.spark.scheduler.SparkListenerEvent;

/**
 * A notice, as an event on Spark's listener bus; Spark writes it to the event log as JSON.
 *
 * @param notice what happened
 */
public record NoticeEvent(Notice notice) implements SparkListenerEvent {}
