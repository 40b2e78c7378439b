package io.polyspark.preflight;

/** Checks of the JVM that they run in. */
final class JvmChecks {
  private static final int JAVA = 17;
  private static final String VECTOR_MODULE = "jdk.incubator.vector";

  private JvmChecks() {}

  /** Java's version. */
  static Finding java() {
    int feature = Runtime.version().feature();
    return feature == JAVA
        ? Finding.ok("java", "%s", Runtime.version())
        : Finding.warn(
            "java",
            "Java %s runs this, but Spark 3.5 and PolySpark are made for Java %d: set JAVA_HOME to"
                + " that.",
            Runtime.version(),
            JAVA);
  }

  /** The module that the fast kernels for CPUs are written over. */
  static Finding vectorModule() {
    return ModuleLayer.boot().findModule(VECTOR_MODULE).isPresent()
        ? Finding.ok("vectors", "the module %s is there", VECTOR_MODULE)
        : Finding.warn(
            "vectors",
            "The fast kernels for CPUs need the module %s: start the JVM with --add-modules %s.",
            VECTOR_MODULE,
            VECTOR_MODULE);
  }

  /**
   * Threads that matrix products compute with, against the cores that they may use: with more, each
   * waits for the others, which costs many times what it brings.
   *
   * @param threads as {@code OMP_NUM_THREADS} says; null where nothing does
   * @param cores of the task
   */
  static Finding blasThreads(String threads, int cores) {
    if (threads == null || !threads.matches("\\d{1,6}")) {
      return Finding.warn(
          "blas",
          "OMP_NUM_THREADS is %s, so every replica would compute on all cores of its machine: set"
              + " --conf spark.executorEnv.OMP_NUM_THREADS=%d.",
          threads == null ? "not set" : "'" + threads + "'",
          cores);
    }
    int number = Integer.parseInt(threads);
    return number > cores
        ? Finding.warn(
            "blas",
            "OMP_NUM_THREADS is %d, but a replica has %d of the cores: set --conf"
                + " spark.executorEnv.OMP_NUM_THREADS=%d.",
            number,
            cores,
            cores)
        : Finding.ok("blas", "OMP_NUM_THREADS is %d, cores of a replica: %d", number, cores);
  }
}
