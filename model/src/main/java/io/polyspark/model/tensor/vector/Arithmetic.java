package io.polyspark.model.tensor.vector;

import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Arithmetic on bytes [from, to) of buffers. */
final class Arithmetic {
  private Arithmetic() {}

  /** {@code out = a}. */
  static void copy(ByteBuffer a, ByteBuffer out, int from, int to) {
    int whole = Lanes.whole(from, to);
    for (int at = from; at < whole; at += Lanes.BYTES) {
      Lanes.store(Lanes.load(a, at), out, at);
    }
    if (whole < to) {
      VectorMask<Float> mask = Lanes.tail(whole, to);
      Lanes.store(Lanes.load(a, whole, mask), out, whole, mask);
    }
  }

  /** {@code out = value}. */
  static void fill(float value, ByteBuffer out, int from, int to) {
    FloatVector values = Lanes.all(value);
    int whole = Lanes.whole(from, to);
    for (int at = from; at < whole; at += Lanes.BYTES) {
      Lanes.store(values, out, at);
    }
    if (whole < to) {
      VectorMask<Float> mask = Lanes.tail(whole, to);
      Lanes.store(values, out, whole, mask);
    }
  }

  /** {@code out = a * b}. */
  static void multiply(ByteBuffer a, ByteBuffer b, ByteBuffer out, int from, int to) {
    int whole = Lanes.whole(from, to);
    for (int at = from; at < whole; at += Lanes.BYTES) {
      Lanes.store(Lanes.load(a, at).mul(Lanes.load(b, at)), out, at);
    }
    if (whole < to) {
      VectorMask<Float> mask = Lanes.tail(whole, to);
      Lanes.store(Lanes.load(a, whole, mask).mul(Lanes.load(b, whole, mask)), out, whole, mask);
    }
  }

  /** {@code out += factor * a}. */
  static void addScaled(ByteBuffer a, float factor, ByteBuffer out, int from, int to) {
    FloatVector factors = Lanes.all(factor);
    int whole = Lanes.whole(from, to);
    for (int at = from; at < whole; at += Lanes.BYTES) {
      Lanes.store(Lanes.load(a, at).fma(factors, Lanes.load(out, at)), out, at);
    }
    if (whole < to) {
      VectorMask<Float> mask = Lanes.tail(whole, to);
      Lanes.store(
          Lanes.load(a, whole, mask).fma(factors, Lanes.load(out, whole, mask)), out, whole, mask);
    }
  }

  /** {@code out = factor * a + summand}. */
  static void scaleAndShift(
      ByteBuffer a, float factor, float summand, ByteBuffer out, int from, int to) {
    FloatVector factors = Lanes.all(factor);
    FloatVector summands = Lanes.all(summand);
    int whole = Lanes.whole(from, to);
    for (int at = from; at < whole; at += Lanes.BYTES) {
      Lanes.store(Lanes.load(a, at).fma(factors, summands), out, at);
    }
    if (whole < to) {
      VectorMask<Float> mask = Lanes.tail(whole, to);
      Lanes.store(Lanes.load(a, whole, mask).fma(factors, summands), out, whole, mask);
    }
  }
}
