package io.polyspark.model.benchmark;

import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Precision;
import io.polyspark.model.tensor.nd4j.Nd4jKernels;
import io.polyspark.model.tensor.vector.VectorKernels;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Every activation on [N, F], fused by the vector kernels and operation by operation on ND4J. */
public class ActivationBenchmark extends KernelBenchmark {
  /** The implementations. */
  public enum Implementation {
    VECTOR,
    ND4J
  }

  @Param({"polynorm", "polyrelu", "swiglu", "gelu", "relu"})
  public String name;

  @Param public Implementation kernels;

  private Activation activation;

  @Override
  Kernels open() {
    return switch (kernels) {
      case VECTOR -> new VectorKernels();
      case ND4J -> new Nd4jKernels(Precision.FLOAT32);
    };
  }

  @Override
  void prepare() {
    activation = new Activation(this, name);
    // The backward pass reads what it keeps.
    activation.forward();
  }

  @Override
  Work work(String method) {
    return method.equals("forward") ? activation.forwardWork() : activation.backwardWork();
  }

  @Benchmark
  public void forward() {
    activation.forward();
  }

  @Benchmark
  public void backward() {
    activation.backward();
  }
}
