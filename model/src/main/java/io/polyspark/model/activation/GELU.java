package io.polyspark.model.activation;

import io.polyspark.model.tensor.Elementwise;
import io.polyspark.model.tensor.Tensor;

/** GELU (arXiv 1606.08415), exact: {@code y = x Phi(x)}, Phi the normal distribution function. */
public final class GELU implements ElementActivation {
  private static final double INVERSE_ROOT_TWO = 1 / Math.sqrt(2);
  private static final double INVERSE_ROOT_TWO_PI = 1 / Math.sqrt(2 * Math.PI);

  @Override
  public String name() {
    return "gelu";
  }

  @Override
  public int scratchTensors() {
    return 1;
  }

  @Override
  public void forward(
      Elementwise math, Tensor x, double[] coefficients, ActivationMemory memory, Tensor y) {
    distribution(math, x, y);
    math.multiply(y, x, y);
  }

  private static void distribution(Elementwise math, Tensor x, Tensor out) {
    math.scaleAndShift(x, INVERSE_ROOT_TWO, 0, out);
    math.erf(out, out);
    math.scaleAndShift(out, 0.5, 0.5, out);
  }

  /** {@code dX = dY (Phi(x) + x phi(x))}, phi the normal density. */
  @Override
  public void backward(
      Elementwise math,
      Tensor x,
      double[] coefficients,
      ActivationMemory memory,
      Tensor dY,
      Tensor dX,
      double[] dCoefficients) {
    Tensor density = memory.scratch().get(0);
    math.multiply(x, x, density);
    math.scaleAndShift(density, -0.5, 0, density);
    math.exp(density, density);
    math.multiply(density, x, density);
    distribution(math, x, dX);
    math.addScaled(density, INVERSE_ROOT_TWO_PI, dX);
    math.multiply(dX, dY, dX);
  }
}
