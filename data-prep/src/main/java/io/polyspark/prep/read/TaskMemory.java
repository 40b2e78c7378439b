package io.polyspark.prep.read;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.status.api.v1.ExecutorSummary;
import scala.collection.JavaConverters;

/** How much heap a task has for itself: its executor's, divided among the tasks that share it. */
public final class TaskMemory {
  private static final Pattern LOCAL_CLUSTER =
      Pattern.compile("local-cluster\\[\\s*\\d+\\s*,\\s*(\\d+)\\s*,.*");

  private TaskMemory() {}

  /**
   * The bytes of one task, a power of two, so that heaps of nearly one size read alike.
   *
   * <p>On a standalone cluster an executor has all cores of its worker unless {@code
   * spark.executor.cores} says how many; those that are there are asked then.
   */
  public static long of(JavaSparkContext spark) {
    SparkConf conf = spark.getConf();
    int cpus = Math.max(1, conf.getInt("spark.task.cpus", 1));
    if (spark.isLocal()) {
      return rounded(Runtime.getRuntime().maxMemory() / slots(spark.defaultParallelism(), cpus));
    }
    long heap = (long) spark.sc().executorMemory() << 20;
    return rounded(heap / slots(executorCores(spark, conf), cpus));
  }

  /** A JVM has a little less to use than it was given: 15 parts of 16 count as the whole. */
  static long rounded(long bytes) {
    return Long.highestOneBit(bytes + bytes / 15);
  }

  private static long slots(int cores, int cpus) {
    return Math.max(1, cores / cpus);
  }

  private static int executorCores(JavaSparkContext spark, SparkConf conf) {
    Matcher local = LOCAL_CLUSTER.matcher(spark.master());
    if (local.matches()) {
      return Integer.parseInt(local.group(1));
    }
    int given = conf.getInt("spark.executor.cores", 0);
    if (given > 0) {
      return given;
    }
    return JavaConverters.seqAsJavaList(spark.sc().statusStore().executorList(true)).stream()
        .filter(executor -> !executor.id().equals("driver"))
        .mapToInt(ExecutorSummary::totalCores)
        .max()
        .orElse(1);
  }
}
