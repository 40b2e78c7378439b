package io.polyspark.prep.pipeline;

import java.util.HashMap;
import java.util.Map;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import scala.collection.JavaConverters;

/**
 * Gives a job up as soon as its tasks have met more damaged documents than are allowed, not after
 * the last task of a long run. A task that ran twice counts once.
 */
final class RejectionWatch extends SparkListener implements AutoCloseable {
  private final SparkContext spark;
  private final String group;
  private final long most;
  private final Map<Integer, Long> byTask = new HashMap<>();

  /**
   * Starts watching.
   *
   * @param group the job group to cancel, whose jobs all are one stage
   * @param most more rejections than this end it
   */
  RejectionWatch(SparkContext spark, String group, long most) {
    this.spark = spark;
    this.group = group;
    this.most = most;
    spark.addSparkListener(this);
  }

  @Override
  public synchronized void onTaskEnd(SparkListenerTaskEnd end) {
    for (AccumulableInfo info : JavaConverters.asJavaCollection(end.taskInfo().accumulables())) {
      if (info.name().contains(StageMetrics.REJECTED) && info.update().isDefined()) {
        byTask.put(end.taskInfo().index(), ((Number) info.update().get()).longValue());
      }
    }
    if (hasSeenTooMany()) {
      spark.cancelJobGroup(group);
    }
  }

  /** Whether the job was given up. */
  synchronized boolean hasSeenTooMany() {
    return byTask.values().stream().mapToLong(Long::longValue).sum() > most;
  }

  @Override
  public void close() {
    spark.removeSparkListener(this);
  }
}
