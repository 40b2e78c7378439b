package io.polyspark.train.metrics;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * Something that happened in a run and that people want to see beside its curves.
 *
 * @param round the round that was under way or had just ended; 0 before the first
 * @param time when, milliseconds since 1970
 * @param topic what sort of thing
 * @param severity whether somebody should look at it
 * @param text one sentence
 */
public record Notice(int round, long time, Topic topic, Severity severity, String text)
    implements Metrics {
  private static final long serialVersionUID = 1L;

  /** What sort of thing happened. */
  public enum Topic {
    /** A checkpoint was written, or could not be. */
    @JsonProperty("checkpoint")
    CHECKPOINT,
    /** A task failed or an executor was lost; Spark runs the task again. */
    @JsonProperty("fault")
    FAULT,
    /** The run went on from a checkpoint. */
    @JsonProperty("resume")
    RESUME,
    /** The number of replicas or of their steps changed. */
    @JsonProperty("replicas")
    REPLICAS,
    /** A measure of the model's health passed its threshold, or came back. */
    @JsonProperty("health")
    HEALTH,
    /** Somebody has asked the run to stop. */
    @JsonProperty("stop")
    STOP
  }

  /** Whether somebody should look at it. */
  public enum Severity {
    @JsonProperty("info")
    INFO,
    @JsonProperty("warning")
    WARNING
  }
}
