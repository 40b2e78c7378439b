package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.Lanes.ORDER;
import static io.polyspark.model.tensor.vector.Lanes.SPECIES;
import static io.polyspark.model.tensor.vector.VectorTensor.vector;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.FloatVector.fromByteBuffer;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.GELU;
import io.polyspark.model.tensor.Elementwise;
import io.polyspark.model.tensor.Tensor;
import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;

/** {@link GELU}, forward in one pass, backward in two over blocks of each row. */
final class VectorGELU extends FusedActivation {
  private static final float INVERSE_ROOT_TWO = (float) (1 / Math.sqrt(2));
  private static final float INVERSE_ROOT_TWO_PI = (float) (1 / Math.sqrt(2 * Math.PI));

  private static final int BLOCK = Lanes.SCRATCH * Float.BYTES;

  VectorGELU(GELU plain, Rows rows) {
    super(plain, rows);
  }

  @Override
  public void forward(
      Elementwise math, Tensor x, double[] coefficients, ActivationMemory memory, Tensor y) {
    forEachRow(x, y, VectorGELU::value);
  }

  private static void value(ByteBuffer x, int xAt, ByteBuffer y, int yAt, int bytes) {
    if (bytes < Lanes.BYTES) {
      valueOfFew(x, xAt, y, yAt, bytes);
      return;
    }
    FloatVector halves = broadcast(SPECIES, 0.5f);
    for (int i = 0; i < bytes; i += Lanes.BYTES) {
      int at = Lanes.within(i, bytes);
      FloatVector v = fromByteBuffer(SPECIES, x, xAt + at, ORDER);
      FloatVector erf = ErrorFunction.erf(v.mul(INVERSE_ROOT_TWO));
      erf.fma(halves, halves).mul(v).intoByteBuffer(y, yAt + at, ORDER);
    }
  }

  private static void valueOfFew(ByteBuffer x, int xAt, ByteBuffer y, int yAt, int bytes) {
    FloatVector v = Lanes.load(x, xAt, bytes);
    Lanes.store(distribution(v).mul(v), y, yAt, bytes);
  }

  /** Phi(x). */
  private static FloatVector distribution(FloatVector x) {
    return ErrorFunction.erf(x.mul(INVERSE_ROOT_TWO))
        .fma(broadcast(SPECIES, 0.5f), broadcast(SPECIES, 0.5f));
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
                in.rowBytes(),
                scratch);
          }
        });
  }

  /** {@code dX = dY (Phi(x) + x phi(x))}, in two passes over each block, with one exp in each. */
  private static void gradient(
      ByteBuffer x,
      int xAt,
      ByteBuffer dY,
      int dYAt,
      ByteBuffer dX,
      int dXAt,
      int bytes,
      float[] distributions) {
    if (bytes < Lanes.BYTES) {
      gradientOfFew(x, xAt, dY, dYAt, dX, dXAt, bytes);
      return;
    }
    int size = Math.min(BLOCK, bytes);
    for (int i = 0; i < bytes; i += size) {
      int at = Math.min(i, bytes - size);
      distributions(x, xAt + at, size, distributions);
      gradient(x, xAt + at, distributions, dY, dYAt + at, dX, dXAt + at, size);
    }
  }

  private static void distributions(ByteBuffer x, int xAt, int bytes, float[] out) {
    FloatVector halves = broadcast(SPECIES, 0.5f);
    for (int i = 0; i < bytes; i += Lanes.BYTES) {
      FloatVector v = fromByteBuffer(SPECIES, x, xAt + Lanes.within(i, bytes), ORDER);
      FloatVector erf = ErrorFunction.erf(v.mul(INVERSE_ROOT_TWO));
      erf.fma(halves, halves).intoArray(out, i / Float.BYTES);
    }
  }

  private static void gradient(
      ByteBuffer x,
      int xAt,
      float[] distributions,
      ByteBuffer dY,
      int dYAt,
      ByteBuffer dX,
      int dXAt,
      int bytes) {
    for (int i = 0; i < bytes; i += Lanes.BYTES) {
      int at = Lanes.within(i, bytes);
      FloatVector v = fromByteBuffer(SPECIES, x, xAt + at, ORDER);
      FloatVector d = fromByteBuffer(SPECIES, dY, dYAt + at, ORDER);
      FloatVector distribution = fromArray(SPECIES, distributions, i / Float.BYTES);
      FloatVector density = Exponential.exp(v.mul(v).mul(-0.5f)).mul(INVERSE_ROOT_TWO_PI);
      v.fma(density, distribution).mul(d).intoByteBuffer(dX, dXAt + at, ORDER);
    }
  }

  private static void gradientOfFew(
      ByteBuffer x, int xAt, ByteBuffer dY, int dYAt, ByteBuffer dX, int dXAt, int bytes) {
    FloatVector v = Lanes.load(x, xAt, bytes);
    FloatVector density = Exponential.exp(v.mul(v).mul(-0.5f)).mul(INVERSE_ROOT_TWO_PI);
    FloatVector slope = v.fma(density, distribution(v));
    Lanes.store(slope.mul(Lanes.load(dY, dYAt, bytes)), dX, dXAt, bytes);
  }
}
