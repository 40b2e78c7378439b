package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.VectorTensor.vector;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.PolyReLU;
import io.polyspark.model.tensor.Elementwise;
import io.polyspark.model.tensor.Tensor;
import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
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
        x, y, (in, at, out, outAt, bytes) -> polynomial(in, at, a3, a2, a1, a0, out, outAt, bytes));
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
    FloatVector cubic = Lanes.all(a3);
    FloatVector quadratic = Lanes.all(a2);
    FloatVector linear = Lanes.all(a1);
    FloatVector constant = Lanes.all(a0);
    int at = 0;
    for (; at <= bytes - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector u = Functions.relu(Lanes.load(x, xAt + at));
      FloatVector sum = u.fma(cubic, quadratic).fma(u, linear).fma(u, constant);
      Lanes.store(sum, y, yAt + at);
    }
    if (at < bytes) {
      VectorMask<Float> mask = Lanes.tail(at, bytes);
      FloatVector u = Functions.relu(Lanes.load(x, xAt + at, mask));
      FloatVector sum = u.fma(cubic, quadratic).fma(u, linear).fma(u, constant);
      Lanes.store(sum, y, yAt + at, mask);
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
    FloatVector cubic = Lanes.all(d3);
    FloatVector quadratic = Lanes.all(d2);
    FloatVector linear = Lanes.all(d1);
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    FloatVector sum2 = Lanes.zero();
    FloatVector sum3 = Lanes.zero();
    int at = 0;
    for (; at <= bytes - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector v = Lanes.load(x, xAt + at);
      FloatVector u = Functions.relu(v);
      FloatVector g = Lanes.load(dY, dYAt + at);
      FloatVector gu = g.mul(u);
      FloatVector square = u.mul(u);
      sum0 = sum0.add(g);
      sum1 = sum1.add(gu);
      sum2 = g.fma(square, sum2);
      sum3 = gu.fma(square, sum3);
      FloatVector slope = u.fma(cubic, quadratic).fma(u, linear).mul(g);
      Lanes.store(slope.blend(0f, v.compare(VectorOperators.LE, 0f)), dX, dXAt + at);
    }
    if (at < bytes) {
      VectorMask<Float> mask = Lanes.tail(at, bytes);
      FloatVector v = Lanes.load(x, xAt + at, mask);
      FloatVector u = Functions.relu(v);
      FloatVector g = Lanes.load(dY, dYAt + at, mask);
      FloatVector gu = g.mul(u);
      FloatVector square = u.mul(u);
      sum0 = sum0.add(g);
      sum1 = sum1.add(gu);
      sum2 = g.fma(square, sum2);
      sum3 = gu.fma(square, sum3);
      FloatVector slope = u.fma(cubic, quadratic).fma(u, linear).mul(g);
      Lanes.store(slope.blend(0f, v.compare(VectorOperators.LE, 0f)), dX, dXAt + at, mask);
    }
    sums[3] += Lanes.sum(sum0, scratch);
    sums[2] += Lanes.sum(sum1, scratch);
    sums[1] += Lanes.sum(sum2, scratch);
    sums[0] += Lanes.sum(sum3, scratch);
  }
}
