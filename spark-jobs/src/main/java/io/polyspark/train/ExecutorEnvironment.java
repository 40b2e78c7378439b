package io.polyspark.train;

import io.polyspark.model.checkpoint.Environment;
import io.polyspark.model.tensor.BlasCore;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.model.tensor.Precision;

/** Finds out what the bits of a replica depend on in the JVM that computes it. */
final class ExecutorEnvironment {
  private ExecutorEnvironment() {}

  /**
   * The environment of this JVM.
   *
   * @param dtype what the run's matrix products read
   */
  static Environment here(Dtype dtype) {
    try (Kernels kernels = KernelsProvider.create(Precision.FLOAT32, dtype)) {
      return new Environment(
          threads(), kernels.description(), BlasCore.settle(), System.getProperty("java.version"));
    }
  }

  private static int threads() {
    String threads = System.getenv("OMP_NUM_THREADS");
    return threads == null ? Runtime.getRuntime().availableProcessors() : Integer.parseInt(threads);
  }
}
