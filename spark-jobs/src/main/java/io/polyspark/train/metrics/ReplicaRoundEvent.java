package io.polyspark.train.metrics;

import java.util.List;
import org.apache.spark.scheduler.SparkListenerEvent;

/**
 * The steps of one replica in one round, as an event on Spark's listener bus; Spark writes it to
 * the event log as JSON.
 *
 * @param round the round, from 1
 * @param replica the replica, from 0
 * @param steps its steps, in order
 */
public record ReplicaRoundEvent(int round, int replica, List<StepMetrics> steps)
    implements SparkListenerEvent {
  public ReplicaRoundEvent {
    steps = List.copyOf(steps);
  }
}
