package io.polyspark.model.benchmark;

import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** The linear layers of a block, each with its two gradients. */
public class LinearBenchmark extends ProductBenchmark {
  /** The weights of a block, by their shape. */
  public enum Layer {
    /** Each of attention's four, [D, D]. */
    ATTENTION(SMALL.hiddenSize(), SMALL.hiddenSize()),
    /** [F, D]. */
    UP(SMALL.intermediateSize(), SMALL.hiddenSize()),
    /** [D, F]. */
    DOWN(SMALL.hiddenSize(), SMALL.intermediateSize());

    private final int out;
    private final int in;

    Layer(int out, int in) {
      this.out = out;
      this.in = in;
    }
  }

  @Param public Layer layer;

  private Tensor x;
  private Tensor weight;
  private Tensor y;
  private Tensor dX;
  private Tensor dWeight;

  @Override
  void prepare() {
    x = uniform(ROWS, layer.in);
    weight = uniform(layer.out, layer.in);
    y = uniform(ROWS, layer.out);
    dX = zeros(ROWS, layer.in);
    dWeight = zeros(layer.out, layer.in);
  }

  @Override
  Work work(String method) {
    return Work.flops(2.0 * ROWS * layer.out * layer.in);
  }

  @Benchmark
  public void linear() {
    kernels().linear(x, weight, y, Into.OVERWRITE);
  }

  @Benchmark
  public void inputGradient() {
    kernels().linearInputGradient(y, weight, dX, Into.OVERWRITE);
  }

  @Benchmark
  public void weightGradient() {
    kernels().linearWeightGradient(y, x, dWeight);
  }
}
