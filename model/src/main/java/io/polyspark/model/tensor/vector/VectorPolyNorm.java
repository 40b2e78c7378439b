package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.Lanes.ORDER;
import static io.polyspark.model.tensor.vector.Lanes.SPECIES;
import static io.polyspark.model.tensor.vector.VectorTensor.vector;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromByteBuffer;
import static jdk.incubator.vector.FloatVector.zero;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.PolyNorm;
import io.polyspark.model.tensor.Elementwise;
import io.polyspark.model.tensor.Tensor;
import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;

/** {@link PolyNorm}, forward and backward in two passes over each row; the formulas are there. */
final class VectorPolyNorm extends FusedActivation {
  VectorPolyNorm(PolyNorm plain, Rows rows) {
    super(plain, rows);
  }

  @Override
  public void forward(
      Elementwise math, Tensor x, double[] coefficients, ActivationMemory memory, Tensor y) {
    VectorTensor in = vector(x);
    VectorTensor out = vector(y);
    split(
        x,
        new double[0],
        (from, to, none, scratch) -> {
          float[] sums = new float[3];
          double[] r = new double[3];
          for (long row = from; row < to; row++) {
            ByteBuffer buffer = in.buffer(row);
            int at = in.offset(row);
            squares(buffer, at, in.rowBytes(), sums, scratch);
            for (int p = 0; p < 3; p++) {
              r[p] = 1 / Math.sqrt((double) sums[p] / in.columns() + PolyNorm.EPS);
              vector(memory.perRow().get(p)).set(row, (float) r[p]);
            }
            polynomial(
                buffer,
                at,
                (float) (coefficients[0] * r[2]),
                (float) (coefficients[1] * r[1]),
                (float) (coefficients[2] * r[0]),
                (float) coefficients[3],
                out.buffer(row),
                out.offset(row),
                in.rowBytes());
          }
        });
  }

  /** The sums of x^2, x^4, x^6 over a row. */
  private static void squares(ByteBuffer x, int xAt, int bytes, float[] sums, float[] scratch) {
    FloatVector sum2 = zero(SPECIES);
    FloatVector sum4 = zero(SPECIES);
    FloatVector sum6 = zero(SPECIES);
    int end = xAt + bytes;
    int at = xAt;
    for (; at <= end - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector v = fromByteBuffer(SPECIES, x, at, ORDER);
      FloatVector square = v.mul(v);
      FloatVector fourth = square.mul(square);
      sum2 = sum2.add(square);
      sum4 = sum4.add(fourth);
      sum6 = fourth.fma(square, sum6);
    }
    sum2.intoArray(scratch, 0);
    sums[0] = Lanes.sum(scratch);
    sum4.intoArray(scratch, 0);
    sums[1] = Lanes.sum(scratch);
    sum6.intoArray(scratch, 0);
    sums[2] = Lanes.sum(scratch);
    for (; at < end; at += Float.BYTES) {
      float v = x.getFloat(at);
      float square = v * v;
      float fourth = square * square;
      sums[0] += square;
      sums[1] += fourth;
      sums[2] = Math.fma(fourth, square, sums[2]);
    }
  }

  /** {@code y = a0 + x (c1 + x (c2 + x c3))}. */
  static void polynomial(
      ByteBuffer x,
      int xAt,
      float c3,
      float c2,
      float c1,
      float a0,
      ByteBuffer y,
      int yAt,
      int bytes) {
    FloatVector cubic = broadcast(SPECIES, c3);
    FloatVector quadratic = broadcast(SPECIES, c2);
    FloatVector linear = broadcast(SPECIES, c1);
    FloatVector constant = broadcast(SPECIES, a0);
    int at = 0;
    for (; at <= bytes - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector v = fromByteBuffer(SPECIES, x, xAt + at, ORDER);
      FloatVector sum = v.fma(cubic, quadratic).fma(v, linear).fma(v, constant);
      sum.intoByteBuffer(y, yAt + at, ORDER);
    }
    for (; at < bytes; at += Float.BYTES) {
      float v = x.getFloat(xAt + at);
      y.putFloat(yAt + at, Math.fma(Math.fma(Math.fma(v, c3, c2), v, c1), v, a0));
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
    split(
        x,
        dCoefficients,
        (from, to, sums, scratch) -> {
          float[] s = new float[4];
          float[] direct = new float[3];
          float[] through = new float[3];
          for (long row = from; row < to; row++) {
            moments(
                in.buffer(row),
                in.offset(row),
                d.buffer(row),
                d.offset(row),
                in.rowBytes(),
                s,
                scratch);
            sums[3] += s[0];
            for (int p = 1; p <= 3; p++) {
              double r = vector(memory.perRow().get(p - 1)).get(row);
              double a = coefficients[3 - p];
              sums[3 - p] += r * s[p];
              direct[p - 1] = (float) (p * a * r);
              through[p - 1] = (float) (-p * a * r * r * r * s[p] / in.columns());
            }
            gradient(
                in.buffer(row),
                in.offset(row),
                d.buffer(row),
                d.offset(row),
                direct,
                through,
                out.buffer(row),
                out.offset(row),
                in.rowBytes());
          }
        });
  }

  /** The sums of dY x^p over a row, p from 0 to 3. */
  private static void moments(
      ByteBuffer x, int xAt, ByteBuffer dY, int dYAt, int bytes, float[] s, float[] scratch) {
    FloatVector sum0 = zero(SPECIES);
    FloatVector sum1 = zero(SPECIES);
    FloatVector sum2 = zero(SPECIES);
    FloatVector sum3 = zero(SPECIES);
    int at = 0;
    for (; at <= bytes - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector v = fromByteBuffer(SPECIES, x, xAt + at, ORDER);
      FloatVector g = fromByteBuffer(SPECIES, dY, dYAt + at, ORDER);
      FloatVector gv = g.mul(v);
      FloatVector square = v.mul(v);
      sum0 = sum0.add(g);
      sum1 = sum1.add(gv);
      sum2 = g.fma(square, sum2);
      sum3 = gv.fma(square, sum3);
    }
    sum0.intoArray(scratch, 0);
    s[0] = Lanes.sum(scratch);
    sum1.intoArray(scratch, 0);
    s[1] = Lanes.sum(scratch);
    sum2.intoArray(scratch, 0);
    s[2] = Lanes.sum(scratch);
    sum3.intoArray(scratch, 0);
    s[3] = Lanes.sum(scratch);
    for (; at < bytes; at += Float.BYTES) {
      float v = x.getFloat(xAt + at);
      float g = dY.getFloat(dYAt + at);
      float gv = g * v;
      s[0] += g;
      s[1] += gv;
      s[2] = Math.fma(g, v * v, s[2]);
      s[3] = Math.fma(gv, v * v, s[3]);
    }
  }

  /**
   * {@code dX = dY (d1 + x (d2 + x d3)) + x (t1 + x^2 (t2 + x^2 t3))}: directly, and through the
   * norms.
   */
  private static void gradient(
      ByteBuffer x,
      int xAt,
      ByteBuffer dY,
      int dYAt,
      float[] direct,
      float[] through,
      ByteBuffer dX,
      int dXAt,
      int bytes) {
    FloatVector d1 = broadcast(SPECIES, direct[0]);
    FloatVector d2 = broadcast(SPECIES, direct[1]);
    FloatVector d3 = broadcast(SPECIES, direct[2]);
    FloatVector t1 = broadcast(SPECIES, through[0]);
    FloatVector t2 = broadcast(SPECIES, through[1]);
    FloatVector t3 = broadcast(SPECIES, through[2]);
    int at = 0;
    for (; at <= bytes - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector v = fromByteBuffer(SPECIES, x, xAt + at, ORDER);
      FloatVector square = v.mul(v);
      FloatVector ofNorms = square.fma(t3, t2).fma(square, t1).mul(v);
      FloatVector factor = v.fma(d3, d2).fma(v, d1);
      fromByteBuffer(SPECIES, dY, dYAt + at, ORDER)
          .fma(factor, ofNorms)
          .intoByteBuffer(dX, dXAt + at, ORDER);
    }
    for (; at < bytes; at += Float.BYTES) {
      float v = x.getFloat(xAt + at);
      float square = v * v;
      float ofNorms = Math.fma(Math.fma(square, through[2], through[1]), square, through[0]) * v;
      float factor = Math.fma(Math.fma(v, direct[2], direct[1]), v, direct[0]);
      dX.putFloat(dXAt + at, Math.fma(dY.getFloat(dYAt + at), factor, ofNorms));
    }
  }
}
