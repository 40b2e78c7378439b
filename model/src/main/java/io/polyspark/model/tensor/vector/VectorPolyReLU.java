package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.Lanes.ORDER;
import static io.polyspark.model.tensor.vector.Lanes.SPECIES;
import static io.polyspark.model.tensor.vector.VectorTensor.vector;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromByteBuffer;
import static jdk.incubator.vector.FloatVector.zero;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.PolyReLU;
import io.polyspark.model.tensor.Elementwise;
import io.polyspark.model.tensor.Tensor;
import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** {@link PolyReLU}, forward and backward in one pass each. */
final class VectorPolyReLU extends FusedActivation {
  VectorPolyReLU(PolyReLU plain, Rows rows) {
    super(plain, rows);
  }

  @Override
  public void forward(
      Elementwise math, Tensor x, double[] coefficients, ActivationMemory memory, Tensor y) {
    float a3 = (float) coefficients[0];
    float a2 = (float) coefficients[1];
    float a1 = (float) coefficients[2];
    float a0 = (float) coefficients[3];
    forEachRow(
        x,
        y,
        (in, at, out, outAt, bytes, scratch) ->
            polynomial(in, at, a3, a2, a1, a0, out, outAt, bytes));
  }

  private static void polynomial(
      ByteBuffer x,
      int xAt,
      float a3,
      float a2,
      float a1,
      float a0,
      ByteBuffer y,
      int yAt,
      int bytes) {
    FloatVector cubic = broadcast(SPECIES, a3);
    FloatVector quadratic = broadcast(SPECIES, a2);
    FloatVector linear = broadcast(SPECIES, a1);
    FloatVector constant = broadcast(SPECIES, a0);
    int at = 0;
    for (; at <= bytes - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector v = fromByteBuffer(SPECIES, x, xAt + at, ORDER);
      FloatVector u = v.blend(0f, v.compare(VectorOperators.LE, 0f));
      FloatVector sum = u.fma(cubic, quadratic).fma(u, linear).fma(u, constant);
      sum.intoByteBuffer(y, yAt + at, ORDER);
    }
    for (; at < bytes; at += Float.BYTES) {
      float u = Functions.relu(x.getFloat(xAt + at));
      y.putFloat(yAt + at, Math.fma(Math.fma(Math.fma(u, a3, a2), u, a1), u, a0));
    }
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
    float d3 = (float) (3 * coefficients[0]);
    float d2 = (float) (2 * coefficients[1]);
    float d1 = (float) coefficients[2];
    split(
        x,
        dCoefficients,
        (from, to, sums, scratch) -> {
          for (long row = from; row < to; row++) {
            gradient(
                in.buffer(row),
                in.offset(row),
                d.buffer(row),
                d.offset(row),
                d3,
                d2,
                d1,
                out.buffer(row),
                out.offset(row),
                in.rowBytes(),
                sums,
                scratch);
          }
        });
  }

  /** {@code dX = dY (d1 + u (d2 + u d3)) where x > 0, else 0}, and the sums of dY u^p. */
  private static void gradient(
      ByteBuffer x,
      int xAt,
      ByteBuffer dY,
      int dYAt,
      float d3,
      float d2,
      float d1,
      ByteBuffer dX,
      int dXAt,
      int bytes,
      double[] sums,
      float[] scratch) {
    FloatVector cubic = broadcast(SPECIES, d3);
    FloatVector quadratic = broadcast(SPECIES, d2);
    FloatVector linear = broadcast(SPECIES, d1);
    FloatVector sum0 = zero(SPECIES);
    FloatVector sum1 = zero(SPECIES);
    FloatVector sum2 = zero(SPECIES);
    FloatVector sum3 = zero(SPECIES);
    int at = 0;
    for (; at <= bytes - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector v = fromByteBuffer(SPECIES, x, xAt + at, ORDER);
      FloatVector u = v.blend(0f, v.compare(VectorOperators.LE, 0f));
      FloatVector g = fromByteBuffer(SPECIES, dY, dYAt + at, ORDER);
      FloatVector gu = g.mul(u);
      FloatVector square = u.mul(u);
      sum0 = sum0.add(g);
      sum1 = sum1.add(gu);
      sum2 = g.fma(square, sum2);
      sum3 = gu.fma(square, sum3);
      FloatVector slope = u.fma(cubic, quadratic).fma(u, linear).mul(g);
      slope.blend(0f, v.compare(VectorOperators.LE, 0f)).intoByteBuffer(dX, dXAt + at, ORDER);
    }
    for (; at < bytes; at += Float.BYTES) {
      float v = x.getFloat(xAt + at);
      float u = Functions.relu(v);
      float g = dY.getFloat(dYAt + at);
      float gu = g * u;
      sums[3] += g;
      sums[2] += gu;
      sums[1] += g * u * u;
      sums[0] += gu * u * u;
      float slope = Math.fma(Math.fma(u, d3, d2), u, d1) * g;
      dX.putFloat(dXAt + at, v <= 0 ? 0 : slope);
    }
    sum0.intoArray(scratch, 0);
    sums[3] += Lanes.sum(scratch);
    sum1.intoArray(scratch, 0);
    sums[2] += Lanes.sum(scratch);
    sum2.intoArray(scratch, 0);
    sums[1] += Lanes.sum(scratch);
    sum3.intoArray(scratch, 0);
    sums[0] += Lanes.sum(scratch);
  }
}
