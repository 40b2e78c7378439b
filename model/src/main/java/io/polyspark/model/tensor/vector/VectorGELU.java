package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.Lanes.SPECIES;
import static io.polyspark.model.tensor.vector.VectorTensor.vector;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.GELU;
import io.polyspark.model.tensor.Elementwise;
import io.polyspark.model.tensor.Tensor;
import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;

/** {@link GELU}, forward and backward by blocks of each row, in one pass over memory each. */
final class VectorGELU extends FusedActivation {
  private static final float INVERSE_ROOT_TWO = (float) (1 / Math.sqrt(2));
  private static final float INVERSE_ROOT_TWO_PI = (float) (1 / Math.sqrt(2 * Math.PI));

  // Where blocks lie in the scratch.
  private static final int X = 0;
  private static final int DISTRIBUTION = Lanes.BLOCK;
  private static final int DENSITY = 2 * Lanes.BLOCK;
  private static final int D_Y = 3 * Lanes.BLOCK;

  VectorGELU(GELU plain, Rows rows) {
    super(plain, rows);
  }

  @Override
  public void forward(
      Elementwise math, Tensor x, double[] coefficients, ActivationMemory memory, Tensor y) {
    forEachRow(x, y, VectorGELU::value);
  }

  private static void value(
      ByteBuffer x, int xAt, ByteBuffer y, int yAt, int bytes, float[] scratch) {
    for (int i = 0; i < bytes; i += Lanes.BLOCK_BYTES) {
      int count = Lanes.load(x, xAt + i, bytes - i, scratch, X);
      distribution(scratch, count);
      for (int j = 0; j < count; j += Lanes.COUNT) {
        fromArray(SPECIES, scratch, DISTRIBUTION + j)
            .mul(fromArray(SPECIES, scratch, X + j))
            .intoArray(scratch, X + j);
      }
      Lanes.store(scratch, X, y, yAt + i, count);
    }
  }

  /** Phi(x) of a block. */
  private static void distribution(float[] scratch, int count) {
    for (int i = 0; i < count; i += Lanes.COUNT) {
      fromArray(SPECIES, scratch, X + i).mul(INVERSE_ROOT_TWO).intoArray(scratch, DENSITY + i);
    }
    ErrorFunction.erf(scratch, DENSITY, DISTRIBUTION, count);
    FloatVector halves = broadcast(SPECIES, 0.5f);
    for (int i = 0; i < count; i += Lanes.COUNT) {
      fromArray(SPECIES, scratch, DISTRIBUTION + i)
          .fma(halves, halves)
          .intoArray(scratch, DISTRIBUTION + i);
    }
  }

  /** phi(x) of a block, but for its constant factor. */
  private static void density(float[] scratch, int count) {
    for (int i = 0; i < count; i += Lanes.COUNT) {
      FloatVector v = fromArray(SPECIES, scratch, X + i);
      v.mul(v).mul(-0.5f).intoArray(scratch, DENSITY + i);
    }
    Exponential.exp(scratch, DENSITY, count);
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

  /** {@code dX = dY (Phi(x) + x phi(x))}. */
  private static void gradient(
      ByteBuffer x,
      int xAt,
      ByteBuffer dY,
      int dYAt,
      ByteBuffer dX,
      int dXAt,
      int bytes,
      float[] scratch) {
    for (int i = 0; i < bytes; i += Lanes.BLOCK_BYTES) {
      int count = Lanes.load(x, xAt + i, bytes - i, scratch, X);
      Lanes.load(dY, dYAt + i, bytes - i, scratch, D_Y);
      distribution(scratch, count);
      density(scratch, count);
      for (int j = 0; j < count; j += Lanes.COUNT) {
        fromArray(SPECIES, scratch, DENSITY + j)
            .mul(INVERSE_ROOT_TWO_PI)
            .fma(fromArray(SPECIES, scratch, X + j), fromArray(SPECIES, scratch, DISTRIBUTION + j))
            .mul(fromArray(SPECIES, scratch, D_Y + j))
            .intoArray(scratch, X + j);
      }
      Lanes.store(scratch, X, dX, dXAt + i, count);
    }
  }
}
