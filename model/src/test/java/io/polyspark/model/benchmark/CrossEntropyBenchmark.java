package io.polyspark.model.benchmark;

import io.polyspark.model.tensor.Indices;
import io.polyspark.model.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;

/** The output projection [V, D] with cross-entropy over N rows, without and with the gradient. */
public class CrossEntropyBenchmark extends ProductBenchmark {
  private Tensor x;
  private Tensor weight;
  private Indices targets;
  private Tensor losses;
  private Tensor dX;
  private Tensor dWeight;

  @Override
  void prepare() {
    x = uniform(ROWS, SMALL.hiddenSize());
    weight = uniform(SMALL.vocabSize(), SMALL.hiddenSize());
    targets = ids(SMALL.vocabSize());
    losses = zeros(ROWS, 1);
    dX = zeros(ROWS, SMALL.hiddenSize());
    dWeight = zeros(SMALL.vocabSize(), SMALL.hiddenSize());
  }

  /** One product for the logits, two more for the gradients. */
  @Override
  Work work(String method) {
    int products = method.equals("crossEntropy") ? 1 : 3;
    return Work.flops(2.0 * products * ROWS * SMALL.vocabSize() * SMALL.hiddenSize());
  }

  @Benchmark
  public void crossEntropy() {
    kernels().crossEntropy(x, weight, targets, losses);
  }

  @Benchmark
  public void crossEntropyWithGradient() {
    kernels().crossEntropyWithGradient(x, weight, targets, losses, dX, dWeight);
  }
}
