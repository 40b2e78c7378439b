package io.polyspark.cli;

import io.polyspark.terminal.CountedJob;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.StageInfo;
import scala.collection.Iterable;
import scala.collection.JavaConverters;

/**
 * How much jobs that follow each other have to do, and have done: in tasks, or in what a {@link
 * CountedJob} counts. Stages that Spark skips, because an earlier job has left what they make, do
 * not count.
 */
final class JobCounts {
  /** Tasks of a stage that was submitted. */
  private static final class Stage {
    final int tasks;
    int done;

    Stage(int tasks) {
      this.tasks = tasks;
    }
  }

  private final Map<Integer, Map<Integer, StageInfo>> waiting = new HashMap<>();
  private final Map<Integer, Stage> submitted = new HashMap<>();
  private final Map<Long, Long> counts = new HashMap<>();
  private Optional<CountedJob> counted = Optional.empty();
  private long totalCount;

  /**
   * A job begins.
   *
   * @param stages all that it may need
   */
  void begins(int job, Iterable<StageInfo> stages, Optional<CountedJob> counts) {
    Map<Integer, StageInfo> all = new HashMap<>();
    for (StageInfo stage : JavaConverters.asJavaCollection(stages)) {
      all.put(stage.stageId(), stage);
    }
    waiting.put(job, all);
    counted = counts;
    totalCount += counts.map(CountedJob::total).orElse(0L);
  }

  /** A stage of one of the jobs begins: what it builds on has ended, or is skipped. */
  void begins(StageInfo stage) {
    for (Map<Integer, StageInfo> stages : waiting.values()) {
      if (stages.remove(stage.stageId()) != null) {
        Set<Integer> skipped = new HashSet<>();
        before(stages, stage, skipped);
        stages.keySet().removeAll(skipped);
        submitted.putIfAbsent(stage.stageId(), new Stage(stage.numTasks()));
      }
    }
  }

  private static void before(Map<Integer, StageInfo> stages, StageInfo stage, Set<Integer> found) {
    for (Object parent : JavaConverters.asJavaCollection(stage.parentIds())) {
      StageInfo stands = stages.get((Integer) parent);
      if (stands != null && found.add((Integer) parent)) {
        before(stages, stands, found);
      }
    }
  }

  /** Whether a stage is one of these jobs'. */
  boolean has(int stage) {
    return submitted.containsKey(stage);
  }

  /** A task has ended well. */
  void ends(int stage) {
    submitted.get(stage).done++;
  }

  /** A job has ended; what still stands was not needed. */
  void jobEnds(int job) {
    waiting.remove(job);
  }

  /** Takes a task's own part of the count from its accumulators. */
  void count(long task, Iterable<AccumulableInfo> values) {
    counted.ifPresent(
        job ->
            JavaConverters.asJavaCollection(values).stream()
                .filter(value -> value.name().contains(job.unit()) && value.update().isDefined())
                .forEach(value -> counts.put(task, ((Number) value.update().get()).longValue())));
  }

  /** Units, as far as is known. */
  long total() {
    if (counted.isPresent()) {
      return totalCount;
    }
    long tasks = submitted.values().stream().mapToLong(stage -> stage.tasks).sum();
    return tasks
        + waiting.values().stream()
            .flatMap(stages -> stages.values().stream())
            .filter(stage -> !submitted.containsKey(stage.stageId()))
            .mapToLong(StageInfo::numTasks)
            .sum();
  }

  /** Units, of the total. */
  long done() {
    long done =
        counted.isPresent()
            ? counts.values().stream().mapToLong(Long::longValue).sum()
            // A task that ran twice counts once.
            : submitted.values().stream().mapToLong(at -> Math.min(at.done, at.tasks)).sum();
    return Math.min(done, total());
  }
}
