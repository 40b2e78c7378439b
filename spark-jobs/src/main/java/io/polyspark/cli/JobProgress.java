package io.polyspark.cli;

import io.polyspark.terminal.Bar;
import io.polyspark.terminal.CountedJob;
import io.polyspark.train.metrics.RunEndedEvent;
import io.polyspark.train.metrics.RunStartedEvent;
import java.util.Optional;
import java.util.Properties;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerJobEnd;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import scala.Tuple4;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/**
 * Shows how far Spark's jobs are: a {@link Bar} for the jobs of one description, which follow each
 * other, in tasks and in the bytes that those have read or written, whichever are more. Is silent
 * while rounds train, which have a line of their own.
 */
final class JobProgress extends SparkListener implements AutoCloseable {
  private static final String DESCRIPTION = "spark.job.description";

  /** Longer names would leave no room for a bar. */
  private static final int LONGEST_NAME = 34;

  private String phase = "";
  private boolean silent;
  private Optional<Bar> bar = Optional.empty();
  private JobCounts counts = new JobCounts();

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
    Optional<Properties> properties = Optional.ofNullable(event.properties());
    String name = shortened(properties.map(given -> given.getProperty(DESCRIPTION)).orElse(phase));
    if (silent || name.isEmpty()) {
      return;
    }
    Optional<CountedJob> counted = properties.flatMap(CountedJob::of);
    if (bar.isEmpty() || !bar.get().name().equals(name)) {
      end();
      begin(name, counted.map(CountedJob::unit).orElse("tasks"));
    }
    counts.begins(event.jobId(), event.stageInfos(), counted);
    show();
  }

  @Override
  public synchronized void onStageSubmitted(SparkListenerStageSubmitted event) {
    counts.begins(event.stageInfo());
    show();
  }

  @Override
  public synchronized void onTaskEnd(SparkListenerTaskEnd event) {
    if (!counts.has(event.stageId()) || !event.taskInfo().successful()) {
      return;
    }
    counts.ends(event.stageId());
    counts.count(event.taskInfo().taskId(), event.taskInfo().accumulables());
    show();
  }

  @Override
  public synchronized void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate event) {
    for (Tuple4<Object, Object, Object, Seq<AccumulableInfo>> task :
        JavaConverters.asJavaCollection(event.accumUpdates())) {
      if (counts.has((Integer) task._2())) {
        counts.count((Long) task._1(), task._4());
      }
    }
    show();
  }

  @Override
  public synchronized void onJobEnd(SparkListenerJobEnd event) {
    counts.jobEnds(event.jobId());
    show();
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

  private void begin(String name, String unit) {
    counts = new JobCounts();
    bar = Optional.of(Bar.start(name, 0, unit));
  }

  private void end() {
    bar.ifPresent(Bar::close);
    bar = Optional.empty();
  }

  private void show() {
    if (bar.isEmpty() || counts.total() == 0) {
      return;
    }
    bar.get().total(counts.total());
    bar.get().to(counts.done());
  }

  /** What stands before a colon, where all was the phase's own words. */
  private String shortened(String description) {
    int colon = description.indexOf(':');
    String name =
        description.equals(phase) && colon > 0 ? description.substring(0, colon) : description;
    return name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME - 1) + "…";
  }
}
