package io.polyspark.prep.report;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeoutException;
import org.apache.spark.SparkContext;
import org.apache.spark.executor.TaskMetrics;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.StageInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Listens to what Spark's stages take, from when it is made until it is closed. */
public final class StageCosts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StageCosts.class);
  private static final String DESCRIPTION = "spark.job.description";
  private static final long MOST_MILLIS = 10_000;

  private final SparkContext spark;
  private final Listener listener = new Listener();

  /** Starts to listen. */
  public StageCosts(SparkContext spark) {
    this.spark = spark;
    spark.addSparkListener(listener);
  }

  /**
   * The stages that have ended so far, in that order, each named by the description of its job, or
   * where there is none by the line that called Spark. One that ran again is there again.
   */
  public List<RunReport.Cost> costs() {
    try {
      // Spark tells its listeners later than it goes on.
      spark.listenerBus().waitUntilEmpty(MOST_MILLIS);
    } catch (TimeoutException e) {
      LOG.warn("Spark's events are late; the report may lack stages", e);
    }
    return listener.costs();
  }

  @Override
  public void close() {
    spark.removeSparkListener(listener);
  }

  private static final class Listener extends SparkListener {
    private final Map<Integer, String> descriptions = new HashMap<>();
    private final List<RunReport.Cost> costs = new ArrayList<>();

    @Override
    public synchronized void onStageSubmitted(SparkListenerStageSubmitted event) {
      Properties properties = event.properties();
      String description = properties == null ? null : properties.getProperty(DESCRIPTION);
      if (description != null) {
        descriptions.put(event.stageInfo().stageId(), description);
      }
    }

    @Override
    public synchronized void onStageCompleted(SparkListenerStageCompleted event) {
      StageInfo stage = event.stageInfo();
      TaskMetrics metrics = stage.taskMetrics();
      costs.add(
          new RunReport.Cost(
              descriptions.getOrDefault(stage.stageId(), stage.name()),
              time(stage),
              stage.numTasks(),
              metrics.inputMetrics().bytesRead(),
              metrics.shuffleReadMetrics().totalBytesRead(),
              metrics.shuffleWriteMetrics().bytesWritten()));
    }

    synchronized List<RunReport.Cost> costs() {
      return List.copyOf(costs);
    }

    private static Duration time(StageInfo stage) {
      return stage.submissionTime().isEmpty() || stage.completionTime().isEmpty()
          ? Duration.ZERO
          : Duration.ofMillis(
              (Long) stage.completionTime().get() - (Long) stage.submissionTime().get());
    }
  }
}
