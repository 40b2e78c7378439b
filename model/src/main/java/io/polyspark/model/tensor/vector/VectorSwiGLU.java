package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.Lanes.ORDER;
import static io.polyspark.model.tensor.vector.Lanes.SPECIES;
import static io.polyspark.model.tensor.vector.VectorTensor.vector;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromByteBuffer;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.GateActivation;
import io.polyspark.model.activation.SwiGLU;
import io.polyspark.model.tensor.Elementwise;
import io.polyspark.model.tensor.Tensor;
import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;

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
            value(g.buffer(row), u.buffer(row), out.buffer(row), at, g.rowBytes());
          }
        });
  }

  private static void value(ByteBuffer gate, ByteBuffer up, ByteBuffer y, int rowAt, int bytes) {
    if (bytes < Lanes.BYTES) {
      valueOfFew(gate, up, y, rowAt, bytes);
      return;
    }
    for (int i = 0; i < bytes; i += Lanes.BYTES) {
      int at = rowAt + Lanes.within(i, bytes);
      FloatVector g = fromByteBuffer(SPECIES, gate, at, ORDER);
      FloatVector u = fromByteBuffer(SPECIES, up, at, ORDER);
      Logistic.sigmoid(g).mul(g).mul(u).intoByteBuffer(y, at, ORDER);
    }
  }

  private static void valueOfFew(ByteBuffer gate, ByteBuffer up, ByteBuffer y, int at, int bytes) {
    FloatVector g = Lanes.load(gate, at, bytes);
    FloatVector u = Lanes.load(up, at, bytes);
    Lanes.store(Logistic.sigmoid(g).mul(g).mul(u), y, at, bytes);
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
                g.rowBytes());
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
      int rowAt,
      int bytes) {
    if (bytes < Lanes.BYTES) {
      gradientOfFew(gate, up, dY, dGate, dUp, rowAt, bytes);
      return;
    }
    FloatVector ones = broadcast(SPECIES, 1f);
    for (int i = 0; i < bytes; i += Lanes.BYTES) {
      int at = rowAt + Lanes.within(i, bytes);
      FloatVector g = fromByteBuffer(SPECIES, gate, at, ORDER);
      FloatVector u = fromByteBuffer(SPECIES, up, at, ORDER);
      FloatVector d = fromByteBuffer(SPECIES, dY, at, ORDER);
      FloatVector s = Logistic.sigmoid(g);
      FloatVector gs = g.mul(s);
      gs.mul(d).intoByteBuffer(dUp, at, ORDER);
      gs.fma(ones.sub(s), s).mul(u).mul(d).intoByteBuffer(dGate, at, ORDER);
    }
  }

  private static void gradientOfFew(
      ByteBuffer gate,
      ByteBuffer up,
      ByteBuffer dY,
      ByteBuffer dGate,
      ByteBuffer dUp,
      int at,
      int bytes) {
    FloatVector g = Lanes.load(gate, at, bytes);
    FloatVector u = Lanes.load(up, at, bytes);
    FloatVector d = Lanes.load(dY, at, bytes);
    FloatVector s = Logistic.sigmoid(g);
    FloatVector gs = g.mul(s);
    Lanes.store(gs.mul(d), dUp, at, bytes);
    Lanes.store(gs.fma(broadcast(SPECIES, 1f).sub(s), s).mul(u).mul(d), dGate, at, bytes);
  }
}
