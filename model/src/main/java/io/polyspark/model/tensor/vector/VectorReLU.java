package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.Lanes.ORDER;
import static io.polyspark.model.tensor.vector.Lanes.SPECIES;
import static io.polyspark.model.tensor.vector.VectorTensor.vector;
import static jdk.incubator.vector.FloatVector.fromByteBuffer;
import static jdk.incubator.vector.FloatVector.zero;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.ReLU;
import io.polyspark.model.tensor.Elementwise;
import io.polyspark.model.tensor.Tensor;
import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** {@link ReLU}, forward and backward in one pass each. */
final class VectorReLU extends FusedActivation {
  VectorReLU(ReLU plain, Rows rows) {
    super(plain, rows);
  }

  @Override
  public void forward(
      Elementwise math, Tensor x, double[] coefficients, ActivationMemory memory, Tensor y) {
    forEachRow(x, y, (a, aAt, out, at, bytes, scratch) -> Functions.relu(a, aAt, out, at, bytes));
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
    FloatVector zeros = zero(SPECIES);
    int at = 0;
    for (; at <= bytes - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector v = fromByteBuffer(SPECIES, x, xAt + at, ORDER);
      FloatVector slope = zeros.blend(1f, v.compare(VectorOperators.GT, 0f));
      slope.mul(fromByteBuffer(SPECIES, dY, dYAt + at, ORDER)).intoByteBuffer(dX, dXAt + at, ORDER);
    }
    for (; at < bytes; at += Float.BYTES) {
      float slope = Functions.positive(x.getFloat(xAt + at));
      dX.putFloat(dXAt + at, slope * dY.getFloat(dYAt + at));
    }
  }
}
