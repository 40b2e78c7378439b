package io.polyspark.prep.ui;

import io.polyspark.prep.events.CorpusStartedEvent;
import io.polyspark.prep.events.StepCounter;
import io.polyspark.prep.events.StepCounts;
import io.polyspark.prep.filter.StageReport.Volume;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.TaskInfo;
import scala.collection.JavaConverters;

/**
 * What the tasks of a stage have counted so far, each part of Spark's stages once, however often it
 * was tried.
 */
final class StageCounts {
  private final Map<String, Long> counters = new HashMap<>();
  private final Map<Integer, Tasks> sparkStages = new HashMap<>();

  /** A stage of Spark's that runs: its tasks, and which of its partitions are done. */
  private record Tasks(int all, BitSet done) {}

  /** Nothing yet. */
  StageCounts(CorpusStartedEvent.Stage stage) {
    for (String step : stage.steps()) {
      for (StepCounter counter : StepCounter.values()) {
        counters.put(counter.of(step), 0L);
      }
    }
  }

  /** A stage of Spark's starts, or goes on in another attempt. */
  void submitted(int sparkStage, int tasks) {
    sparkStages.computeIfAbsent(sparkStage, key -> new Tasks(tasks, new BitSet()));
  }

  /** A stage of Spark's has ended well. */
  void completed(int sparkStage) {
    sparkStages.remove(sparkStage);
  }

  /** A task has succeeded; returns whether it counts here. */
  boolean succeeded(int sparkStage, TaskInfo task) {
    Tasks tasks = sparkStages.get(sparkStage);
    if (tasks == null || tasks.done.get(partition(task))) {
      return false;
    }
    tasks.done.set(partition(task));
    for (AccumulableInfo info : JavaConverters.asJavaCollection(task.accumulables())) {
      if (info.name().isDefined() && info.update().isDefined()) {
        // Numbers of our accumulators are text in an event log.
        counters.computeIfPresent(
            info.name().get(), (name, sum) -> sum + Long.parseLong(info.update().get().toString()));
      }
    }
    return true;
  }

  /** All tasks of the stages of Spark's that run now. */
  long tasks() {
    return sparkStages.values().stream().mapToLong(Tasks::all).sum();
  }

  /** How many of those have succeeded. */
  long tasksDone() {
    return sparkStages.values().stream().mapToLong(tasks -> tasks.done.cardinality()).sum();
  }

  /** What has been counted of a step. */
  StepCounts of(String step) {
    return new StepCounts(
        step,
        new Volume(count(step, StepCounter.DOCUMENTS_IN), count(step, StepCounter.BYTES_IN)),
        new Volume(count(step, StepCounter.DOCUMENTS_OUT), count(step, StepCounter.BYTES_OUT)),
        Map.of(),
        Map.of());
  }

  private long count(String step, StepCounter counter) {
    return counters.get(counter.of(step));
  }

  private static int partition(TaskInfo task) {
    return task.partitionId() < 0 ? task.index() : task.partitionId();
  }
}
