package io.polyspark.model.activation;

import io.polyspark.model.tensor.Elementwise;
import io.polyspark.model.tensor.Tensor;

/**
 * An activation 2F -> F: one projection gates the other. All tensors are [rows, F]; none of the
 * arguments overlap.
 */
public interface GateActivation extends MlpActivation {
  /** {@code y = activation(gate, up)}; y is overwritten. */
  void forward(Elementwise math, Tensor gate, Tensor up, ActivationMemory memory, Tensor y);

  /** The gradients, given that of y; {@code dGate} and {@code dUp} are overwritten. */
  void backward(
      Elementwise math,
      Tensor gate,
      Tensor up,
      ActivationMemory memory,
      Tensor dY,
      Tensor dGate,
      Tensor dUp);
}
