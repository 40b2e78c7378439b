package io.polyspark.model.benchmark;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * Forward and backward pass of an activation on [N, F] as one number, to hold against {@code
 * docs/benchmarks/pytorch_step.py --activations-alone}.
 */
public class ActivationAloneBenchmark extends KernelBenchmark {
  @Param({"polynorm", "gelu"})
  public String name;

  private Activation activation;

  @Override
  void prepare() {
    activation = new Activation(this, name);
  }

  @Override
  Work work(String method) {
    return activation.forwardWork().plus(activation.backwardWork());
  }

  @Benchmark
  public void forwardAndBackward() {
    activation.forward();
    activation.backward();
  }
}
