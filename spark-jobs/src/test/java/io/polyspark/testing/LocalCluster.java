package io.polyspark.testing;

import io.polyspark.model.tensor.BlasCore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * A real Spark cluster for tests: a master, two workers with one core each, and executors in
 * processes of their own, so that what must be serialized is serialized. One context per JVM,
 * started by the first test that asks for it, and never stopped by a test.
 *
 * <p>No Spark distribution is needed: the executors run on the class path of the tests. The build
 * sets SPARK_HOME and SPARK_SCALA_VERSION, which the workers read from the environment, and
 * SPARK_HOME is where the executors' logs are (work/app-.../N/stderr).
 */
public final class LocalCluster {
  /** Slots for tasks: two executors with one core each. */
  public static final int SLOTS = 2;

  private static final int EXECUTOR_MEGABYTES = 1024;

  private LocalCluster() {}

  /** The JVM's one Spark context. Tests do not stop it. */
  public static JavaSparkContext spark() {
    return Holder.SPARK;
  }

  /** Initialized on first use, once per JVM. */
  private static final class Holder {
    static final JavaSparkContext SPARK = new JavaSparkContext(configuration());
  }

  private static SparkConf configuration() {
    makeHome();
    return new SparkConf(false)
        .setAppName("tests")
        .setMaster("local-cluster[" + SLOTS + ",1," + EXECUTOR_MEGABYTES + "]")
        .set("spark.executor.memory", EXECUTOR_MEGABYTES + "m")
        .set("spark.executor.extraClassPath", System.getProperty("java.class.path"))
        .set(
            "spark.executor.extraJavaOptions",
            "-Dorg.bytedeco.javacpp.maxbytes=1g -Dorg.bytedeco.javacpp.maxphysicalbytes=4g"
                + " --add-modules=jdk.incubator.vector")
        .set("spark.executorEnv.OMP_NUM_THREADS", "1")
        .set("spark.executorEnv.OPENBLAS_NUM_THREADS", "1")
        // A data set of DL4J's loads OpenBLAS in the executor that it reaches, before a task could
        // settle the type there; executors that take part in one test must have the same bits.
        .set("spark.executorEnv.OPENBLAS_CORETYPE", BlasCore.settle())
        .set("spark.driver.host", "127.0.0.1")
        .set("spark.driver.bindAddress", "127.0.0.1")
        .set("spark.ui.port", "0");
  }

  /** A folder with an empty jars/ is all that Spark's launcher asks of a home. */
  public static void makeHome() {
    String home = System.getenv("SPARK_HOME");
    if (home == null || System.getenv("SPARK_SCALA_VERSION") == null) {
      throw new IllegalStateException(
          "Set SPARK_HOME to a folder to make and SPARK_SCALA_VERSION to 2.12, as the build does");
    }
    try {
      Files.createDirectories(Path.of(home, "jars"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
