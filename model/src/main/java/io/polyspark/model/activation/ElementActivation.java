package io.polyspark.model.activation;

import io.polyspark.model.tensor.Elementwise;
import io.polyspark.model.tensor.Tensor;

/** An activation F -> F. All tensors are [rows, F]; none of the arguments overlap. */
public interface ElementActivation extends MlpActivation {
  /**
   * {@code y = activation(x)}.
   *
   * @param coefficients the trained numbers, the vectors of {@link #coefficients} one after the
   *     other
   * @param y overwritten
   */
  void forward(
      Elementwise math, Tensor x, double[] coefficients, ActivationMemory memory, Tensor y);

  /**
   * The gradient, given that of y. The forward pass of the same x came before and filled {@code
   * memory.perRow()}.
   *
   * @param dX overwritten
   * @param dCoefficients overwritten, in the order of {@code coefficients}
   */
  void backward(
      Elementwise math,
      Tensor x,
      double[] coefficients,
      ActivationMemory memory,
      Tensor dY,
      Tensor dX,
      double[] dCoefficients);
}
