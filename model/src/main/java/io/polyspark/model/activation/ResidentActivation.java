package io.polyspark.model.activation;

import io.polyspark.model.tensor.Tensor;
import java.util.List;

/**
 * An activation F -> F of a back end's own, whose trained numbers stay where its tensors are: a
 * back end on a device would have to wait for them. All tensors are [rows, F]; none of the
 * arguments overlap.
 */
public interface ResidentActivation extends MlpActivation {
  /**
   * {@code y = activation(x)}.
   *
   * @param coefficients a tensor [1, n] for each of {@link #coefficients}
   * @param y overwritten
   */
  void forward(Tensor x, List<Tensor> coefficients, ActivationMemory memory, Tensor y);

  /**
   * The gradient, given that of y. The forward pass of the same x came before and filled {@code
   * memory.perRow()}.
   *
   * @param dX overwritten
   * @param dCoefficients added to, as {@code coefficients}
   */
  void backward(
      Tensor x,
      List<Tensor> coefficients,
      ActivationMemory memory,
      Tensor dY,
      Tensor dX,
      List<Tensor> dCoefficients);
}
