package io.polyspark.prep.events;

import java.util.List;
import java.util.Map;
import org.apache.spark.scheduler.SparkListenerEvent;

/**
 * A stage of a run is done, as an event on Spark's listener bus; Spark writes it to the event log
 * as JSON. The counts are those of the reports: a task that ran twice counts once.
 *
 * @param time when, milliseconds since 1970
 * @param stage its name
 * @param reused whether an earlier run had done it
 * @param steps what is known of steps of the funnel by now and was not before
 * @param rejected damaged documents and files, by reason; empty where the stage reads none
 * @param sources what has become of the sources so far; empty where the stage does not say
 */
public record StageEndedEvent(
    long time,
    String stage,
    boolean reused,
    List<StepCounts> steps,
    Map<String, Long> rejected,
    List<SourceCounts> sources)
    implements SparkListenerEvent {}
