package io.polyspark.cli;

import java.util.Arrays;
import java.util.Locale;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkExecutorInfo;
import org.apache.spark.SparkStatusTracker;
import org.apache.spark.api.java.JavaSparkContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says so while tasks wait and no executor runs any: Spark itself waits without a word, for a
 * cluster that is gone as for executors that are larger than every worker.
 */
final class ExecutorWatch extends TimerTask {
  private static final Logger LOG = LoggerFactory.getLogger(ExecutorWatch.class);
  private static final int SECONDS = 15;

  private final JavaSparkContext spark;
  private int idleTurns;

  private ExecutorWatch(JavaSparkContext spark) {
    this.spark = spark;
  }

  /** Watches a context until it is stopped. */
  static void over(JavaSparkContext spark) {
    if (spark.isLocal()) {
      // Tasks are threads of the driver.
      return;
    }
    long period = TimeUnit.SECONDS.toMillis(SECONDS);
    new Timer("executor-watch", true).schedule(new ExecutorWatch(spark), period, period);
  }

  @Override
  public void run() {
    if (spark.sc().isStopped()) {
      cancel();
      return;
    }
    SparkStatusTracker status = spark.sc().statusTracker();
    boolean waits =
        status.getActiveStageIds().length > 0
            && Arrays.stream(status.getExecutorInfos())
                .allMatch(executor -> executor.numRunningTasks() == 0);
    idleTurns = waits ? idleTurns + 1 : 0;
    // A moment between two tasks is no waiting.
    if (idleTurns > 1) {
      LOG.warn(sentence(status.getExecutorInfos(), (idleTurns - 1) * SECONDS));
    }
  }

  /** The driver is one of Spark's executors. */
  private String sentence(SparkExecutorInfo[] executors, int seconds) {
    return String.format(
        Locale.ROOT,
        "Tasks have waited for %d seconds and %s: see whether the cluster at %s is up and its workers"
            + " have room for executors of %s cores and %s of heap (spark.executor.cores,"
            + " spark.executor.memory)",
        seconds,
        executors.length <= 1 ? "there is no executor" : "no executor takes one",
        spark.master(),
        spark.getConf().get("spark.executor.cores", "all"),
        spark.getConf().get("spark.executor.memory", "1g"));
  }
}
