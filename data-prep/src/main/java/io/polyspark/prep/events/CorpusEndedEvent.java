package io.polyspark.prep.events;

import org.apache.spark.scheduler.SparkListenerEvent;

/**
 * The end of a run, as an event on Spark's listener bus; Spark writes it to the event log as JSON.
 * A run whose driver was killed has none.
 *
 * @param time when, milliseconds since 1970
 * @param failure why it ended early, in one sentence; empty where it did not
 * @param note what else there is to say, such as that nothing was new; may be empty
 */
public record CorpusEndedEvent(long time, String failure, String note)
    implements SparkListenerEvent {}
