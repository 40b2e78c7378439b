package io.polyspark.model.benchmark;

import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;

/** RMSNorm of [N, D], and its gradient. */
public class RmsNormBenchmark extends KernelBenchmark {
  private Tensor x;
  private Tensor weight;
  private Tensor inverseRms;
  private Tensor y;
  private Tensor dY;
  private Tensor dX;
  private Tensor dWeight;

  @Override
  void prepare() {
    x = uniform(ROWS, SMALL.hiddenSize());
    weight = uniform(1, SMALL.hiddenSize());
    inverseRms = zeros(ROWS, 1);
    y = zeros(ROWS, SMALL.hiddenSize());
    dY = uniform(ROWS, SMALL.hiddenSize());
    dX = zeros(ROWS, SMALL.hiddenSize());
    dWeight = zeros(1, SMALL.hiddenSize());
    // The gradient reads what it keeps.
    rmsNorm();
  }

  /** One tensor read and one written; two and one for the gradient. */
  @Override
  Work work(String method) {
    return Work.floats((double) x.length() * (method.equals("rmsNorm") ? 2 : 3));
  }

  @Benchmark
  public final void rmsNorm() {
    kernels().rmsNorm(x, weight, SMALL.rmsNormEps(), inverseRms, y);
  }

  @Benchmark
  public void rmsNormGradient() {
    kernels().rmsNormGradient(dY, x, weight, inverseRms, dX, Into.OVERWRITE, dWeight);
  }
}
