package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.Lanes.ORDER;
import static io.polyspark.model.tensor.vector.Lanes.SPECIES;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromByteBuffer;
import static jdk.incubator.vector.FloatVector.zero;

import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Functions of single elements, on bytes as in {@link Arithmetic}. Those with exp take a {@link
 * Lanes#scratch}.
 */
final class Functions {
  private Functions() {}

  /** {@code out = max(a, 0)}. */
  static void relu(ByteBuffer a, int aAt, ByteBuffer out, int outAt, int bytes) {
    int i = 0;
    for (; i <= bytes - Lanes.BYTES; i += Lanes.BYTES) {
      FloatVector x = fromByteBuffer(SPECIES, a, aAt + i, ORDER);
      // Not max: NaN stays NaN, and -0 turns to 0.
      x.blend(0f, x.compare(VectorOperators.LE, 0f)).intoByteBuffer(out, outAt + i, ORDER);
    }
    for (; i < bytes; i += Float.BYTES) {
      out.putFloat(outAt + i, relu(a.getFloat(aAt + i)));
    }
  }

  static float relu(float a) {
    return a <= 0 ? 0 : a;
  }

  /** {@code out = 1 where a > 0, else 0}. */
  static void positive(ByteBuffer a, int aAt, ByteBuffer out, int outAt, int bytes) {
    FloatVector zeros = zero(SPECIES);
    int i = 0;
    for (; i <= bytes - Lanes.BYTES; i += Lanes.BYTES) {
      FloatVector x = fromByteBuffer(SPECIES, a, aAt + i, ORDER);
      FloatVector result = zeros.blend(1f, x.compare(VectorOperators.GT, 0f));
      result.intoByteBuffer(out, outAt + i, ORDER);
    }
    for (; i < bytes; i += Float.BYTES) {
      out.putFloat(outAt + i, positive(a.getFloat(aAt + i)));
    }
  }

  static float positive(float a) {
    return a > 0 ? 1 : 0;
  }

  /** {@code out = 1 / sqrt(factor * a + eps)}. */
  static void inverseSquareRoot(
      ByteBuffer a, int aAt, float factor, float eps, ByteBuffer out, int outAt, int bytes) {
    FloatVector factors = broadcast(SPECIES, factor);
    FloatVector summands = broadcast(SPECIES, eps);
    FloatVector ones = broadcast(SPECIES, 1f);
    int i = 0;
    for (; i <= bytes - Lanes.BYTES; i += Lanes.BYTES) {
      FloatVector square = fromByteBuffer(SPECIES, a, aAt + i, ORDER).fma(factors, summands);
      ones.div(square.lanewise(VectorOperators.SQRT)).intoByteBuffer(out, outAt + i, ORDER);
    }
    for (; i < bytes; i += Float.BYTES) {
      float square = Math.fma(a.getFloat(aAt + i), factor, eps);
      out.putFloat(outAt + i, 1 / (float) Math.sqrt(square));
    }
  }

  /** {@code out = 1 / (1 + exp(-a))}. */
  static void sigmoid(
      ByteBuffer a, int aAt, ByteBuffer out, int outAt, int bytes, float[] scratch) {
    for (int i = 0; i < bytes; i += Lanes.BLOCK_BYTES) {
      int count = Lanes.load(a, aAt + i, bytes - i, scratch, 0);
      Logistic.sigmoid(scratch, 0, Lanes.BLOCK, count);
      Lanes.store(scratch, Lanes.BLOCK, out, outAt + i, count);
    }
  }

  /** {@code out = exp(a)}. */
  static void exp(ByteBuffer a, int aAt, ByteBuffer out, int outAt, int bytes, float[] scratch) {
    for (int i = 0; i < bytes; i += Lanes.BLOCK_BYTES) {
      int count = Lanes.load(a, aAt + i, bytes - i, scratch, 0);
      Exponential.exp(scratch, 0, count);
      Lanes.store(scratch, 0, out, outAt + i, count);
    }
  }

  /** {@code out = erf(a)}. */
  static void erf(ByteBuffer a, int aAt, ByteBuffer out, int outAt, int bytes, float[] scratch) {
    for (int i = 0; i < bytes; i += Lanes.BLOCK_BYTES) {
      int count = Lanes.load(a, aAt + i, bytes - i, scratch, 0);
      ErrorFunction.erf(scratch, 0, Lanes.BLOCK, count);
      Lanes.store(scratch, Lanes.BLOCK, out, outAt + i, count);
    }
  }
}
