package io.polyspark.model.benchmark;

import io.polyspark.model.tensor.AdamWStep;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.transformer.ParameterCounts;
import org.openjdk.jmh.annotations.Benchmark;

/** A step of AdamW on all parameters of the model. */
public class AdamWBenchmark extends KernelBenchmark {
  private static final AdamWStep STEP = new AdamWStep(0.5, 0.9999, 1e-3, 0.9, 0.95, 1e-8, 1000);

  private Tensor p;
  private Tensor g;
  private Tensor m;
  private Tensor v;

  @Override
  void prepare() {
    p = filled(0.02);
    g = filled(1e-3);
    m = filled(1e-3);
    v = filled(1e-6);
  }

  private Tensor filled(double value) {
    Tensor tensor = zeros(1, ParameterCounts.of(SMALL).total());
    kernels().fill(tensor, value);
    return tensor;
  }

  /** Four vectors read and three written. */
  @Override
  Work work(String method) {
    return Work.floats(7.0 * p.length());
  }

  @Benchmark
  public void adamW() {
    kernels().adamW(p, g, m, v, STEP);
  }
}
