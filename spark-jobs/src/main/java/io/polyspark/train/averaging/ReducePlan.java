package io.polyspark.train.averaging;

/**
 * Over how many partitions the chunks are averaged, and how many of them the driver fetches by one
 * job. A partition's chunks travel to the driver as one task result and a job's as one set of
 * results, which Spark limits by {@code spark.driver.maxResultSize}; both stay well below it,
 * whatever the length of the vectors.
 *
 * @param partitions reduce partitions with chunks
 * @param partitionsPerJob how many the driver fetches at a time
 */
record ReducePlan(int partitions, int partitionsPerJob) {
  private static final long PARTITION_BYTES = 16L << 20;
  private static final long JOB_BYTES = 512L << 20;

  /**
   * @param chunks chunks of the longest vector
   * @param bytes what all partitions together return
   * @param parallelism slots of the cluster
   * @param maxResultSize Spark's limit in bytes, 0 for none
   */
  static ReducePlan of(int chunks, long bytes, int parallelism, long maxResultSize) {
    long limit = maxResultSize == 0 ? Long.MAX_VALUE : maxResultSize / 2;
    long partitionBytes = Math.max(1, Math.min(PARTITION_BYTES, limit));
    long wanted = Math.max(parallelism, bytes / partitionBytes + 1);
    return withPartitions((int) Math.max(1, Math.min(chunks, wanted)), bytes, maxResultSize);
  }

  /** As {@link #of} with the number of partitions given. */
  static ReducePlan withPartitions(int partitions, long bytes, long maxResultSize) {
    long limit = maxResultSize == 0 ? Long.MAX_VALUE : maxResultSize / 2;
    long each = Math.max(1, bytes / partitions);
    long perJob = Math.max(1, Math.min(JOB_BYTES, limit) / each);
    return new ReducePlan(partitions, (int) Math.min(partitions, perJob));
  }
}
