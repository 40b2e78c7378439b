package io.polyspark.model.activation;

import io.polyspark.model.tensor.Elementwise;
import io.polyspark.model.tensor.Tensor;

/** {@code y = max(x, 0)}. */
public final class ReLU implements ElementActivation {
  @Override
  public String name() {
    return "relu";
  }

  @Override
  public Watched watched() {
    return Watched.ZEROS;
  }

  @Override
  public void forward(
      Elementwise math, Tensor x, double[] coefficients, ActivationMemory memory, Tensor y) {
    math.relu(x, y);
  }

  @Override
  public void backward(
      Elementwise math,
      Tensor x,
      double[] coefficients,
      ActivationMemory memory,
      Tensor dY,
      Tensor dX,
      double[] dCoefficients) {
    math.positive(x, dX);
    math.multiply(dX, dY, dX);
  }
}
