package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.VectorTensor.vector;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.ReLU;
import io.polyspark.model.tensor.Elementwise;
import io.polyspark.model.tensor.Tensor;
import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** {@link ReLU}, forward and backward in one pass each. */
final class VectorReLU extends FusedActivation {
  VectorReLU(ReLU plain, Rows rows) {
    super(plain, rows);
  }

  @Override
  public void forward(
      Elementwise math, Tensor x, double[] coefficients, ActivationMemory memory, Tensor y) {
    forEachRow(x, y, VectorReLU::value);
  }

  private static void value(ByteBuffer x, int xAt, ByteBuffer y, int yAt, int bytes) {
    int at = 0;
    for (; at <= bytes - Lanes.BYTES; at += Lanes.BYTES) {
      Lanes.store(value(Lanes.load(x, xAt + at)), y, yAt + at);
    }
    if (at < bytes) {
      VectorMask<Float> mask = Lanes.tail(at, bytes);
      Lanes.store(value(Lanes.load(x, xAt + at, mask)), y, yAt + at, mask);
    }
  }

  private static FloatVector value(FloatVector x) {
    return Functions.relu(x);
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
    VectorTensor in = vector(x);
    VectorTensor d = vector(dY);
    VectorTensor out = vector(dX);
    split(
        x,
        dCoefficients,
        (from, to, none, scratch) -> {
          for (long row = from; row < to; row++) {
            gradient(
                in.buffer(row),
                in.offset(row),
                d.buffer(row),
                d.offset(row),
                out.buffer(row),
                out.offset(row),
                in.rowBytes());
          }
        });
  }

  private static void gradient(
      ByteBuffer x, int xAt, ByteBuffer dY, int dYAt, ByteBuffer dX, int dXAt, int bytes) {
    int at = 0;
    for (; at <= bytes - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector slope = slope(Lanes.load(x, xAt + at));
      Lanes.store(slope.mul(Lanes.load(dY, dYAt + at)), dX, dXAt + at);
    }
    if (at < bytes) {
      VectorMask<Float> mask = Lanes.tail(at, bytes);
      FloatVector slope = slope(Lanes.load(x, xAt + at, mask));
      Lanes.store(slope.mul(Lanes.load(dY, dYAt + at, mask)), dX, dXAt + at, mask);
    }
  }

  private static FloatVector slope(FloatVector x) {
    return Functions.positive(x);
  }
}
