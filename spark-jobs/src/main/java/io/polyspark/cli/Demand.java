package io.polyspark.cli;

/**
 * What a verb asks of the executors.
 *
 * @param verb its name
 * @param replicas tasks that should run side by side and take an executor each; 0 where tasks are
 *     small and any number may share one
 * @param nativeBytes memory outside the heap that one task needs
 * @param heapBytes heap that one executor needs
 * @param driverHeapBytes heap that the driver needs
 */
record Demand(String verb, int replicas, long nativeBytes, long heapBytes, long driverHeapBytes) {
  /** Below this Spark refuses to start an executor (1.5 times its 300 MiB reserve), rounded up. */
  static final long LEAST_HEAP = 512L << 20;

  /** What Spark's driver takes by itself. */
  static final long LEAST_DRIVER_HEAP = 256L << 20;

  /** Tasks that train: each computes with all the cores of its executor. */
  static Demand ofReplicas(String verb, int replicas, long nativeBytes, long parameters) {
    // Parameters and two moments as they came and as they go back, in float32, with as much again
    // for the shuffle that sorts them, above what Spark reserves.
    // The driver has them before and after a round, and as the pieces that it broadcasts.
    return new Demand(
        verb,
        replicas,
        nativeBytes,
        LEAST_HEAP + parameters * Float.BYTES * 12,
        LEAST_DRIVER_HEAP + parameters * Float.BYTES * 9);
  }

  /** Small tasks, as many as there are cores. */
  static Demand ofTasks(String verb, long nativeBytes) {
    return new Demand(verb, 0, nativeBytes, LEAST_HEAP, LEAST_DRIVER_HEAP);
  }
}
