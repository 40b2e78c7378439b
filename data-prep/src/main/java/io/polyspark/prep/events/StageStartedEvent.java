package io.polyspark.prep.events;

import org.apache.spark.scheduler.SparkListenerEvent;

/**
 * A stage of a run begins its work, as an event on Spark's listener bus. One whose table is there
 * already has none.
 *
 * @param time when, milliseconds since 1970
 * @param stage its name
 * @param description a few words of what it does
 */
public record StageStartedEvent(long time, String stage, String description)
    implements SparkListenerEvent {}
