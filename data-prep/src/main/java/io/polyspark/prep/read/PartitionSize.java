package io.polyspark.prep.read;

import org.apache.spark.api.java.JavaSparkContext;

/** How many bytes a task shall read: enough tasks for all cores, none too small or too large. */
public final class PartitionSize {
  private static final long LARGEST = 128L << 20;
  private static final long SMALLEST = 1L << 20;

  /** Tasks per core, so that no core waits long for a slow one. */
  private static final int TASKS_PER_CORE = 4;

  private PartitionSize() {}

  /**
   * The bytes of a partition.
   *
   * @param bytes of the whole input
   */
  public static long of(long bytes, JavaSparkContext spark) {
    long even = bytes / ((long) TASKS_PER_CORE * spark.defaultParallelism()) + 1;
    return Math.max(SMALLEST, Math.min(LARGEST, even));
  }
}
