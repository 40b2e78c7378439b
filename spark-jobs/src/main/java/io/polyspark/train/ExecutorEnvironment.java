package io.polyspark.train;

import io.polyspark.model.checkpoint.Environment;
import io.polyspark.model.dl4j.ComputeOptions;
import io.polyspark.model.tensor.BlasCore;
import io.polyspark.model.tensor.KernelsProvider;

/** Finds out what the bits of a replica depend on in the JVM that computes it. */
final class ExecutorEnvironment {
  private ExecutorEnvironment() {}

  /**
   * The environment of this JVM.
   *
   * @param options what the run's matrix products read, and where they are computed: on the card of
   *     this thread, where on one
   */
  static Environment here(ComputeOptions options) {
    return new Environment(
        threads(),
        KernelsProvider.description(options.dtype(), options.device()),
        BlasCore.settle(),
        System.getProperty("java.version"));
  }

  private static int threads() {
    String threads = System.getenv("OMP_NUM_THREADS");
    return threads == null ? Runtime.getRuntime().availableProcessors() : Integer.parseInt(threads);
  }
}
