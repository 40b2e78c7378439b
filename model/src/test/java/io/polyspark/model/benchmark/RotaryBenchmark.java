package io.polyspark.model.benchmark;

import io.polyspark.model.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;

/** Rotary positions of the queries, in place, and the turn back. */
public class RotaryBenchmark extends KernelBenchmark {
  private Tensor x;

  @Override
  void prepare() {
    x = uniform(ROWS, SMALL.hiddenSize());
  }

  /** Read and written. */
  @Override
  Work work(String method) {
    return Work.floats(2.0 * x.length());
  }

  @Benchmark
  public void rotary() {
    kernels().rotary(x, POSITIONS, SMALL.headSize(), SMALL.ropeTheta());
  }

  @Benchmark
  public void rotaryGradient() {
    kernels().rotaryGradient(x, POSITIONS, SMALL.headSize(), SMALL.ropeTheta());
  }
}
