package io.polyspark.train;

import java.util.function.IntSupplier;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * What a run meets with and cannot choose.
 *
 * @param clock times the replicas' steps
 * @param slots how many replicas the cluster can train at a time, asked at the start of a round
 */
record Surroundings(StepClock clock, IntSupplier slots) {
  /** Those of a cluster: its clocks, and the executors that are alive. */
  static Surroundings of(JavaSparkContext spark) {
    return new Surroundings(
        StepClock.SYSTEM,
        () ->
            spark
                .sc()
                .maxNumConcurrentTasks(
                    spark.sc().resourceProfileManager().defaultResourceProfile()));
  }
}
