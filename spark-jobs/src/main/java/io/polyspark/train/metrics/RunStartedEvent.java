package io.polyspark.train.metrics;

import org.apache.spark.scheduler.SparkListenerEvent;

/**
 * The beginning of a run or of its continuation, as an event on Spark's listener bus; Spark writes
 * it to the event log as JSON.
 *
 * @param time when, milliseconds since 1970
 * @param output the run's directory
 * @param data its corpus
 * @param finishedRound the checkpoint's round that the run goes on from, 0 for a new run
 * @param completedSteps steps of each replica by then
 * @param totalSteps steps of each replica in the whole run
 * @param parameters the model's trained numbers
 * @param version PolySpark's version
 * @param configuration the resolved configuration, the text of {@code config.yaml}
 */
public record RunStartedEvent(
    long time,
    String output,
    String data,
    int finishedRound,
    long completedSteps,
    long totalSteps,
    long parameters,
    String version,
    String configuration)
    implements SparkListenerEvent {}
