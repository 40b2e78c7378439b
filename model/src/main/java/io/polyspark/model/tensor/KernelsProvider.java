package io.polyspark.model.tensor;

import io.polyspark.model.tensor.nd4j.Nd4jKernels;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the implementation of {@link Kernels} for this JVM, and says in the log which and why.
 * The one place that knows all of them.
 */
public final class KernelsProvider {
  private static final Logger LOG = LoggerFactory.getLogger(KernelsProvider.class);

  private KernelsProvider() {}

  /** New kernels, which the caller closes. */
  public static Kernels create(Precision precision) {
    Kernels kernels = new Nd4jKernels(precision);
    LOG.debug("Kernels: {}, {}", kernels.description(), precision);
    return kernels;
  }
}
