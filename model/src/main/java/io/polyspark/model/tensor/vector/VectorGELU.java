package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.VectorTensor.vector;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.GELU;
import io.polyspark.model.tensor.Elementwise;
import io.polyspark.model.tensor.Tensor;
import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** {@link GELU}, forward and backward in one pass each. */
final class VectorGELU extends FusedActivation {
  private static final float INVERSE_ROOT_TWO = (float) (1 / Math.sqrt(2));
  private static final float INVERSE_ROOT_TWO_PI = (float) (1 / Math.sqrt(2 * Math.PI));

  VectorGELU(GELU plain, Rows rows) {
    super(plain, rows);
  }

  @Override
  public void forward(
      Elementwise math, Tensor x, double[] coefficients, ActivationMemory memory, Tensor y) {
    forEachRow(x, y, VectorGELU::value);
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
    return distribution(x).mul(x);
  }

  /** Phi(x). */
  private static FloatVector distribution(FloatVector x) {
    return ErrorFunction.erf(x.mul(INVERSE_ROOT_TWO)).fma(Lanes.all(0.5f), Lanes.all(0.5f));
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

  /** {@code Phi(x) + x phi(x)}. */
  private static FloatVector slope(FloatVector x) {
    FloatVector density = Exponential.exp(x.mul(x).mul(-0.5f)).mul(INVERSE_ROOT_TWO_PI);
    return x.fma(density, distribution(x));
  }
}
