package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.Lanes.SPECIES;
import static io.polyspark.model.tensor.vector.VectorTensor.vector;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.GateActivation;
import io.polyspark.model.activation.SwiGLU;
import io.polyspark.model.tensor.Elementwise;
import io.polyspark.model.tensor.Tensor;
import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;

/** {@link SwiGLU}, forward and backward by blocks of each row, in one pass over memory each. */
final class VectorSwiGLU implements GateActivation {
  // Where blocks lie in the scratch.
  private static final int GATE = 0;
  private static final int SIGMOID = Lanes.BLOCK;
  private static final int UP = 2 * Lanes.BLOCK;
  private static final int D_Y = 3 * Lanes.BLOCK;

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
            value(
                g.buffer(row),
                u.buffer(row),
                out.buffer(row),
                at,
                g.rowBytes(),
                rows.scratch(part));
          }
        });
  }

  private static void value(
      ByteBuffer gate, ByteBuffer up, ByteBuffer y, int rowAt, int bytes, float[] scratch) {
    for (int i = 0; i < bytes; i += Lanes.BLOCK_BYTES) {
      int count = Lanes.load(gate, rowAt + i, bytes - i, scratch, GATE);
      Lanes.load(up, rowAt + i, bytes - i, scratch, UP);
      Logistic.sigmoid(scratch, GATE, SIGMOID, count);
      for (int j = 0; j < count; j += Lanes.COUNT) {
        fromArray(SPECIES, scratch, SIGMOID + j)
            .mul(fromArray(SPECIES, scratch, GATE + j))
            .mul(fromArray(SPECIES, scratch, UP + j))
            .intoArray(scratch, GATE + j);
      }
      Lanes.store(scratch, GATE, y, rowAt + i, count);
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
                g.rowBytes(),
                rows.scratch(part));
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
      int bytes,
      float[] scratch) {
    FloatVector ones = broadcast(SPECIES, 1f);
    for (int i = 0; i < bytes; i += Lanes.BLOCK_BYTES) {
      int count = Lanes.load(gate, rowAt + i, bytes - i, scratch, GATE);
      Lanes.load(up, rowAt + i, bytes - i, scratch, UP);
      Lanes.load(dY, rowAt + i, bytes - i, scratch, D_Y);
      Logistic.sigmoid(scratch, GATE, SIGMOID, count);
      for (int j = 0; j < count; j += Lanes.COUNT) {
        FloatVector s = fromArray(SPECIES, scratch, SIGMOID + j);
        FloatVector u = fromArray(SPECIES, scratch, UP + j);
        FloatVector d = fromArray(SPECIES, scratch, D_Y + j);
        FloatVector gs = fromArray(SPECIES, scratch, GATE + j).mul(s);
        gs.mul(d).intoArray(scratch, UP + j);
        gs.fma(ones.sub(s), s).mul(u).mul(d).intoArray(scratch, GATE + j);
      }
      Lanes.store(scratch, UP, dUp, rowAt + i, count);
      Lanes.store(scratch, GATE, dGate, rowAt + i, count);
    }
  }
}
