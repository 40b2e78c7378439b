package io.polyspark.cli;

import io.polyspark.terminal.Amounts;
import io.polyspark.terminal.Bar;
import io.polyspark.terminal.CountedJob;
import io.polyspark.train.metrics.RunEndedEvent;
import io.polyspark.train.metrics.RunStartedEvent;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.executor.TaskMetrics;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerJobEnd;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.StageInfo;
import scala.Tuple4;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/**
 * Shows how far Spark's jobs are: a {@link Bar} for the jobs of one description, which follow each
 * other, in tasks and in the bytes that those have read. Is silent while rounds train, which have a
 * line of their own.
 */
final class JobProgress extends SparkListener implements AutoCloseable {
  private static final String DESCRIPTION = "spark.job.description";

  /** Longer names would leave no room for a bar. */
  private static final int LONGEST_NAME = 34;

  private final Map<Integer, Job> jobs = new LinkedHashMap<>();
  private final Map<Integer, Job> jobOfStage = new HashMap<>();
  private String phase = "";
  private boolean silent;
  private Optional<Bar> bar = Optional.empty();
  private long total;
  private long done;
  private final Map<Long, Long> counts = new HashMap<>();
  private long bytes;
  private long started;

  /** A job, and those of its stages that have not been submitted. */
  private static final class Job {
    final String name;
    final Optional<CountedJob> counted;
    final Map<Integer, StageInfo> waiting = new HashMap<>();

    Job(String name, Optional<CountedJob> counted) {
      this.name = name;
      this.counted = counted;
    }

    /** What it is shown in. */
    String unit() {
      return counted.map(CountedJob::unit).orElse("tasks");
    }

    /** As much of it as is known. */
    long total() {
      return counted
          .map(CountedJob::total)
          .orElseGet(() -> waiting.values().stream().mapToLong(StageInfo::numTasks).sum());
    }

    /** A task's own part of the count. */
    Optional<Long> count(scala.collection.Iterable<AccumulableInfo> values) {
      return counted.flatMap(
          job ->
              JavaConverters.asJavaCollection(values).stream()
                  .filter(value -> value.name().contains(job.unit()) && value.update().isDefined())
                  .map(value -> ((Number) value.update().get()).longValue())
                  .findFirst());
    }
  }

  private JobProgress() {}

  /** Shows the jobs of a context until it is closed. */
  static JobProgress over(JavaSparkContext spark) {
    JobProgress progress = new JobProgress();
    spark.sc().addSparkListener(progress);
    return progress;
  }

  /** Does something, and shows the jobs that it runs, by their own descriptions. */
  static <T, E extends Exception> T during(JavaSparkContext spark, Bar.Work<T, E> work) throws E {
    JobProgress progress = over(spark);
    try {
      return work.run();
    } finally {
      progress.close();
    }
  }

  /**
   * Says what comes next, and gives the jobs that follow its name where they have none of their
   * own.
   *
   * @param description the name may end at a colon
   */
  synchronized void phase(String description) {
    end();
    System.err.println(description);
    phase = description;
    begin(shortened(description), "tasks");
  }

  @Override
  public synchronized void onJobStart(SparkListenerJobStart event) {
    String description =
        event.properties() == null ? null : event.properties().getProperty(DESCRIPTION);
    Job job =
        new Job(
            shortened(description == null ? phase : description),
            Optional.ofNullable(event.properties()).flatMap(CountedJob::of));
    jobs.put(event.jobId(), job);
    for (StageInfo stage : JavaConverters.asJavaCollection(event.stageInfos())) {
      job.waiting.put(stage.stageId(), stage);
      jobOfStage.put(stage.stageId(), job);
    }
    if (silent || job.name.isEmpty()) {
      return;
    }
    if (bar.isEmpty() || !bar.get().name().equals(job.name)) {
      end();
      begin(job.name, job.unit());
    }
    total += job.total();
    show();
  }

  @Override
  public synchronized void onStageSubmitted(SparkListenerStageSubmitted event) {
    Job job = jobOfStage.get(event.stageInfo().stageId());
    if (job == null) {
      return;
    }
    job.waiting.remove(event.stageInfo().stageId());
    // What it builds on and was not submitted is there already, from an earlier job.
    Set<Integer> skipped = new HashSet<>();
    before(job, event.stageInfo(), skipped);
    for (int stage : skipped) {
      long tasks = job.waiting.remove(stage).numTasks();
      if (isShown(job) && job.counted.isEmpty()) {
        total -= tasks;
      }
    }
    show();
  }

  private static void before(Job job, StageInfo stage, Set<Integer> found) {
    for (Object parent : JavaConverters.asJavaCollection(stage.parentIds())) {
      StageInfo waiting = job.waiting.get((Integer) parent);
      if (waiting != null && found.add((Integer) parent)) {
        before(job, waiting, found);
      }
    }
  }

  @Override
  public synchronized void onTaskEnd(SparkListenerTaskEnd event) {
    Job job = jobOfStage.get(event.stageId());
    if (job == null || !isShown(job) || !event.taskInfo().successful()) {
      return;
    }
    if (job.counted.isPresent()) {
      count(event.taskInfo().taskId(), job, event.taskInfo().accumulables());
    } else {
      done = Math.min(total, done + 1);
    }
    TaskMetrics metrics = event.taskMetrics();
    if (metrics != null) {
      bytes += metrics.inputMetrics().bytesRead() + metrics.shuffleReadMetrics().totalBytesRead();
    }
    show();
  }

  @Override
  public synchronized void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate event) {
    for (Tuple4<Object, Object, Object, Seq<AccumulableInfo>> task :
        JavaConverters.asJavaCollection(event.accumUpdates())) {
      Job job = jobOfStage.get((Integer) task._2());
      if (job != null && isShown(job)) {
        count((Long) task._1(), job, task._4());
      }
    }
    show();
  }

  private void count(long task, Job job, scala.collection.Iterable<AccumulableInfo> values) {
    job.count(values).ifPresent(value -> counts.put(task, value));
    done = Math.min(total, counts.values().stream().mapToLong(Long::longValue).sum());
  }

  @Override
  public synchronized void onJobEnd(SparkListenerJobEnd event) {
    Job job = jobs.remove(event.jobId());
    if (job != null) {
      jobOfStage.values().removeIf(job::equals);
    }
  }

  @Override
  public synchronized void onOtherEvent(SparkListenerEvent event) {
    if (event instanceof RunStartedEvent) {
      end();
      silent = true;
    } else if (event instanceof RunEndedEvent) {
      silent = false;
    }
  }

  /** Ends what is shown. */
  @Override
  public synchronized void close() {
    silent = true;
    end();
  }

  private boolean isShown(Job job) {
    return bar.isPresent() && bar.get().name().equals(job.name);
  }

  private void begin(String name, String unit) {
    counts.clear();
    total = 0;
    done = 0;
    bytes = 0;
    started = System.nanoTime();
    bar = Optional.of(Bar.start(name, 0, unit));
  }

  private void end() {
    bar.ifPresent(Bar::close);
    bar = Optional.empty();
  }

  private void show() {
    if (bar.isEmpty() || total == 0) {
      return;
    }
    bar.get().total(total);
    bar.get().to(done);
    double seconds = (System.nanoTime() - started) * 1e-9;
    if (bytes > 0 && seconds > 1) {
      bar.get().note(Amounts.bytes((long) (bytes / seconds)) + "/s");
    }
  }

  /** What stands before a colon, where all was the phase's own words. */
  private String shortened(String description) {
    int colon = description.indexOf(':');
    String name =
        description.equals(phase) && colon > 0 ? description.substring(0, colon) : description;
    return name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME - 1) + "…";
  }
}
