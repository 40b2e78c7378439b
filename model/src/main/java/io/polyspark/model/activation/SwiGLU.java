package io.polyspark.model.activation;

import io.polyspark.model.tensor.Elementwise;
import io.polyspark.model.tensor.Tensor;

/** SwiGLU (arXiv 2002.05202): {@code y = up * gate * sigmoid(gate)}. */
public final class SwiGLU implements GateActivation {
  @Override
  public String name() {
    return "swiglu";
  }

  @Override
  public int scratchTensors() {
    return 1;
  }

  @Override
  public void forward(Elementwise math, Tensor gate, Tensor up, ActivationMemory memory, Tensor y) {
    math.sigmoid(gate, y);
    math.multiply(y, gate, y);
    math.multiply(y, up, y);
  }

  /**
   * With s = sigmoid(gate): {@code dUp = dY gate s}, {@code dGate = dY up (s + gate s (1 - s))}.
   */
  @Override
  public void backward(
      Elementwise math,
      Tensor gate,
      Tensor up,
      ActivationMemory memory,
      Tensor dY,
      Tensor dGate,
      Tensor dUp) {
    Tensor s = memory.scratch().get(0);
    math.sigmoid(gate, s);
    math.multiply(gate, s, dUp);
    math.scaleAndShift(s, -1, 1, dGate);
    math.multiply(dGate, dUp, dGate);
    math.addScaled(s, 1, dGate);
    math.multiply(dGate, up, dGate);
    math.multiply(dGate, dY, dGate);
    math.multiply(dUp, dY, dUp);
  }
}
