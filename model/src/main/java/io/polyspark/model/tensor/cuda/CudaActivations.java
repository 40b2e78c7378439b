package io.polyspark.model.tensor.cuda;

import io.polyspark.model.activation.GELU;
import io.polyspark.model.activation.MlpActivation;
import io.polyspark.model.activation.PolyNorm;
import io.polyspark.model.activation.PolyReLU;
import io.polyspark.model.activation.ReLU;
import io.polyspark.model.activation.SwiGLU;

/** The activations that have kernels of their own. */
final class CudaActivations {
  /**
   * The most blocks that leave shares of coefficients' gradients: many times what a card runs at
   * once, so that none of it is idle for long at the end, and few enough to be added up in no time.
   */
  private static final int SHARES = 8192;

  private CudaActivations() {}

  /** The activation by its kernels, or itself where it has none. */
  static MlpActivation fused(Launcher launcher, MlpActivation activation) {
    if (activation instanceof PolyNorm polyNorm) {
      return new CudaPolyNorm(polyNorm, launcher, SHARES);
    } else if (activation instanceof PolyReLU polyReLU) {
      return new CudaPolyReLU(polyReLU, launcher, SHARES);
    } else if (activation instanceof SwiGLU swiGLU) {
      return new CudaSwiGLU(swiGLU, launcher);
    } else if (activation instanceof GELU || activation instanceof ReLU) {
      return new CudaPointwiseActivation(activation, launcher);
    }
    return activation;
  }
}
