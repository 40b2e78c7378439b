package io.polyspark.model.tensor;

import io.polyspark.model.tensor.nd4j.BlasCore;
import io.polyspark.model.tensor.nd4j.Nd4jKernels;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the implementation of {@link Kernels} for this JVM. The one place that knows all of them.
 */
public final class KernelsProvider {
  private static final Logger LOG = LoggerFactory.getLogger(KernelsProvider.class);
  private static final AtomicBoolean SAID = new AtomicBoolean();

  private KernelsProvider() {}

  /** New kernels, which the caller closes. The log says once which they are and why. */
  public static Kernels create(Precision precision) {
    String blasCore = BlasCore.settle();
    Kernels kernels = new Nd4jKernels(precision);
    if (SAID.compareAndSet(false, true)) {
      LOG.info(
          "Kernels: {}, the only implementation there is; BLAS core type: {}",
          kernels.description(),
          blasCore);
    }
    return kernels;
  }
}
