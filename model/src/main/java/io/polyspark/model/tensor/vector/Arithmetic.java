package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.Lanes.ORDER;
import static io.polyspark.model.tensor.vector.Lanes.SPECIES;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromByteBuffer;

import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;

/**
 * Arithmetic on as many bytes of buffers, each from a place of its own on. An output may be an
 * input at the same place.
 */
final class Arithmetic {
  private Arithmetic() {}

  /** {@code out = a}. */
  static void copy(ByteBuffer a, int aAt, ByteBuffer out, int outAt, int bytes) {
    out.put(outAt, a, aAt, bytes);
  }

  /** {@code out = value}. */
  static void fill(float value, ByteBuffer out, int outAt, int bytes) {
    FloatVector values = broadcast(SPECIES, value);
    int i = 0;
    for (; i <= bytes - Lanes.BYTES; i += Lanes.BYTES) {
      values.intoByteBuffer(out, outAt + i, ORDER);
    }
    for (; i < bytes; i += Float.BYTES) {
      out.putFloat(outAt + i, value);
    }
  }

  /** {@code out += a}. */
  static void add(ByteBuffer a, int aAt, ByteBuffer out, int outAt, int bytes) {
    int i = 0;
    for (; i <= bytes - Lanes.BYTES; i += Lanes.BYTES) {
      fromByteBuffer(SPECIES, out, outAt + i, ORDER)
          .add(fromByteBuffer(SPECIES, a, aAt + i, ORDER))
          .intoByteBuffer(out, outAt + i, ORDER);
    }
    for (; i < bytes; i += Float.BYTES) {
      out.putFloat(outAt + i, out.getFloat(outAt + i) + a.getFloat(aAt + i));
    }
  }

  /** {@code out = a * b}. */
  static void multiply(
      ByteBuffer a, int aAt, ByteBuffer b, int bAt, ByteBuffer out, int outAt, int bytes) {
    int i = 0;
    for (; i <= bytes - Lanes.BYTES; i += Lanes.BYTES) {
      fromByteBuffer(SPECIES, a, aAt + i, ORDER)
          .mul(fromByteBuffer(SPECIES, b, bAt + i, ORDER))
          .intoByteBuffer(out, outAt + i, ORDER);
    }
    for (; i < bytes; i += Float.BYTES) {
      out.putFloat(outAt + i, a.getFloat(aAt + i) * b.getFloat(bAt + i));
    }
  }

  /** {@code out = factor * a}. */
  static void scale(ByteBuffer a, int aAt, float factor, ByteBuffer out, int outAt, int bytes) {
    FloatVector factors = broadcast(SPECIES, factor);
    int i = 0;
    for (; i <= bytes - Lanes.BYTES; i += Lanes.BYTES) {
      fromByteBuffer(SPECIES, a, aAt + i, ORDER).mul(factors).intoByteBuffer(out, outAt + i, ORDER);
    }
    for (; i < bytes; i += Float.BYTES) {
      out.putFloat(outAt + i, a.getFloat(aAt + i) * factor);
    }
  }

  /** {@code out += factor * a}. */
  static void addScaled(ByteBuffer a, int aAt, float factor, ByteBuffer out, int outAt, int bytes) {
    FloatVector factors = broadcast(SPECIES, factor);
    int i = 0;
    for (; i <= bytes - Lanes.BYTES; i += Lanes.BYTES) {
      fromByteBuffer(SPECIES, a, aAt + i, ORDER)
          .fma(factors, fromByteBuffer(SPECIES, out, outAt + i, ORDER))
          .intoByteBuffer(out, outAt + i, ORDER);
    }
    for (; i < bytes; i += Float.BYTES) {
      out.putFloat(outAt + i, Math.fma(a.getFloat(aAt + i), factor, out.getFloat(outAt + i)));
    }
  }

  /** {@code out = factor * a + summand}. */
  static void scaleAndShift(
      ByteBuffer a, int aAt, float factor, float summand, ByteBuffer out, int outAt, int bytes) {
    FloatVector factors = broadcast(SPECIES, factor);
    FloatVector summands = broadcast(SPECIES, summand);
    int i = 0;
    for (; i <= bytes - Lanes.BYTES; i += Lanes.BYTES) {
      fromByteBuffer(SPECIES, a, aAt + i, ORDER)
          .fma(factors, summands)
          .intoByteBuffer(out, outAt + i, ORDER);
    }
    for (; i < bytes; i += Float.BYTES) {
      out.putFloat(outAt + i, Math.fma(a.getFloat(aAt + i), factor, summand));
    }
  }
}
