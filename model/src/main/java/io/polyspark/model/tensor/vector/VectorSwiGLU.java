package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.VectorTensor.vector;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.GateActivation;
import io.polyspark.model.activation.SwiGLU;
import io.polyspark.model.tensor.Elementwise;
import io.polyspark.model.tensor.Tensor;
import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** {@link SwiGLU}, forward and backward in one pass each. */
final class VectorSwiGLU implements GateActivation {
  private final SwiGLU plain;
  private final Rows rows;

  VectorSwiGLU(SwiGLU plain, Rows rows) {
    this.plain = plain;
    this.rows = rows;
  }

  @Override
  public String name() {
    return plain.name();
  }

  @Override
  public void forward(Elementwise math, Tensor gate, Tensor up, ActivationMemory memory, Tensor y) {
    VectorTensor g = vector(gate);
    VectorTensor u = vector(up);
    VectorTensor out = vector(y);
    // Tensors of one shape lie in their buffers alike.
    rows.split(
        g,
        (part, from, to) -> {
          for (long row = from; row < to; row++) {
            int at = g.offset(row);
            value(g.buffer(row), u.buffer(row), out.buffer(row), at, at + g.rowBytes());
          }
        });
  }

  private static void value(ByteBuffer gate, ByteBuffer up, ByteBuffer y, int from, int to) {
    int at = from;
    for (; at <= to - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector g = Lanes.load(gate, at);
      Lanes.store(Logistic.sigmoid(g).mul(g).mul(Lanes.load(up, at)), y, at);
    }
    if (at < to) {
      VectorMask<Float> mask = Lanes.tail(at, to);
      FloatVector g = Lanes.load(gate, at, mask);
      Lanes.store(Logistic.sigmoid(g).mul(g).mul(Lanes.load(up, at, mask)), y, at, mask);
    }
  }

  @Override
  public void backward(
      Elementwise math,
      Tensor gate,
      Tensor up,
      ActivationMemory memory,
      Tensor dY,
      Tensor dGate,
      Tensor dUp) {
    VectorTensor g = vector(gate);
    VectorTensor u = vector(up);
    VectorTensor d = vector(dY);
    rows.split(
        g,
        (part, from, to) -> {
          for (long row = from; row < to; row++) {
            int at = g.offset(row);
            gradient(
                g.buffer(row),
                u.buffer(row),
                d.buffer(row),
                vector(dGate).buffer(row),
                vector(dUp).buffer(row),
                at,
                at + g.rowBytes());
          }
        });
  }

  /**
   * With s = sigmoid(gate): {@code dUp = dY gate s}, {@code dGate = dY up (s + gate s (1 - s))}.
   */
  private static void gradient(
      ByteBuffer gate,
      ByteBuffer up,
      ByteBuffer dY,
      ByteBuffer dGate,
      ByteBuffer dUp,
      int from,
      int to) {
    FloatVector ones = Lanes.all(1f);
    int at = from;
    for (; at <= to - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector g = Lanes.load(gate, at);
      FloatVector s = Logistic.sigmoid(g);
      FloatVector gs = g.mul(s);
      FloatVector d = Lanes.load(dY, at);
      Lanes.store(gs.mul(d), dUp, at);
      Lanes.store(gs.fma(ones.sub(s), s).mul(Lanes.load(up, at)).mul(d), dGate, at);
    }
    if (at < to) {
      VectorMask<Float> mask = Lanes.tail(at, to);
      FloatVector g = Lanes.load(gate, at, mask);
      FloatVector s = Logistic.sigmoid(g);
      FloatVector gs = g.mul(s);
      FloatVector d = Lanes.load(dY, at, mask);
      Lanes.store(gs.mul(d), dUp, at, mask);
      Lanes.store(gs.fma(ones.sub(s), s).mul(Lanes.load(up, at, mask)).mul(d), dGate, at, mask);
    }
  }
}
