package io.polyspark.model.tensor.cuda;

import static io.polyspark.model.tensor.cuda.CudaTensor.cuda;

import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.cuda.Launcher.Grid;

/**
 * {@link io.polyspark.model.tensor.Kernels#rmsNorm} and its gradient by norm.cu: x and y of any
 * type, dX of that of x; weights, their gradients and what is kept per row are float32.
 */
final class CudaRmsNorm {
  private static final String MODULE = "norm";
  private static final int WIDE_THREADS = 512;
  private static final KeptRows KEPT = new KeptRows(4, WIDE_THREADS);

  /** What registers leave room for on a multiprocessor. */
  private static final int RESIDENT_THREADS = 512;

  private final Launcher launcher;
  private final ColumnSums columnSums;

  CudaRmsNorm(Launcher launcher) {
    this.launcher = launcher;
    this.columnSums = new ColumnSums(launcher);
  }

  /** {@link io.polyspark.model.tensor.Kernels#rmsNorm}. */
  void forward(Tensor x, Tensor weight, double eps, Tensor inverseRms, Tensor y) {
    CudaTensor from = cuda(x);
    CudaTensor to = cuda(y);
    boolean kept = KEPT.hold(from, to, cuda(weight));
    launcher.launch(
        MODULE,
        name("rms_norm", kept, from, to),
        Grid.of(from.rows(), kept ? KEPT.threads(from.columns()) : WIDE_THREADS),
        from,
        weight,
        (float) eps,
        inverseRms,
        to,
        Math.toIntExact(from.columns()));
  }

  private static String name(String function, boolean kept, CudaTensor first, CudaTensor second) {
    return function
        + (kept ? "_" : "_wide_")
        + first.type().suffix()
        + "_"
        + second.type().suffix();
  }

  /** {@link io.polyspark.model.tensor.Kernels#rmsNormGradient}. */
  void backward(
      Tensor dY, Tensor x, Tensor weight, Tensor inverseRms, Tensor dX, Into into, Tensor dWeight) {
    CudaTensor given = cuda(dY);
    CudaTensor from = cuda(x);
    CudaTensor to = cuda(dX);
    if (to.type() != from.type()) {
      throw new IllegalArgumentException(
          "dX is " + to.type() + " where x is " + from.type() + "; both must be the same");
    }
    boolean kept = KEPT.hold(given, from, to, cuda(weight));
    int threads = kept ? KEPT.threads(from.columns()) : WIDE_THREADS;
    long blocks = (long) launcher.multiprocessors() * (RESIDENT_THREADS / threads);
    CudaTensor partials =
        launcher.scratch(
            "rmsNorm.dWeight", Math.min(from.rows(), blocks), from.columns(), ElementType.F32);
    launcher.launch(
        MODULE,
        name("rms_norm_gradient", kept, given, from),
        Grid.of(partials.rows(), threads),
        given,
        from,
        weight,
        inverseRms,
        to,
        into == Into.ADD ? 1 : 0,
        partials,
        from.rows(),
        Math.toIntExact(from.columns()));
    columnSums.add(partials, cuda(dWeight), Into.ADD);
  }
}
