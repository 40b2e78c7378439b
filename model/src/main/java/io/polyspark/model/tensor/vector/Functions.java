package io.polyspark.model.tensor.vector;

import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Functions of single elements on bytes [from, to) of buffers. */
final class Functions {
  private Functions() {}

  /** {@code out = max(a, 0)}. */
  static void relu(ByteBuffer a, ByteBuffer out, int from, int to) {
    int whole = Lanes.whole(from, to);
    for (int at = from; at < whole; at += Lanes.BYTES) {
      Lanes.store(relu(Lanes.load(a, at)), out, at);
    }
    if (whole < to) {
      VectorMask<Float> mask = Lanes.tail(whole, to);
      Lanes.store(relu(Lanes.load(a, whole, mask)), out, whole, mask);
    }
  }

  /** {@code out = 1 where a > 0, else 0}. */
  static void positive(ByteBuffer a, ByteBuffer out, int from, int to) {
    int whole = Lanes.whole(from, to);
    for (int at = from; at < whole; at += Lanes.BYTES) {
      Lanes.store(positive(Lanes.load(a, at)), out, at);
    }
    if (whole < to) {
      VectorMask<Float> mask = Lanes.tail(whole, to);
      Lanes.store(positive(Lanes.load(a, whole, mask)), out, whole, mask);
    }
  }

  /** {@code out = 1 / (1 + exp(-a))}. */
  static void sigmoid(ByteBuffer a, ByteBuffer out, int from, int to) {
    int whole = Lanes.whole(from, to);
    for (int at = from; at < whole; at += Lanes.BYTES) {
      Lanes.store(Logistic.sigmoid(Lanes.load(a, at)), out, at);
    }
    if (whole < to) {
      VectorMask<Float> mask = Lanes.tail(whole, to);
      Lanes.store(Logistic.sigmoid(Lanes.load(a, whole, mask)), out, whole, mask);
    }
  }

  /** {@code out = exp(a)}. */
  static void exp(ByteBuffer a, ByteBuffer out, int from, int to) {
    int whole = Lanes.whole(from, to);
    for (int at = from; at < whole; at += Lanes.BYTES) {
      Lanes.store(Exponential.exp(Lanes.load(a, at)), out, at);
    }
    if (whole < to) {
      VectorMask<Float> mask = Lanes.tail(whole, to);
      Lanes.store(Exponential.exp(Lanes.load(a, whole, mask)), out, whole, mask);
    }
  }

  /** {@code out = erf(a)}. */
  static void erf(ByteBuffer a, ByteBuffer out, int from, int to) {
    int whole = Lanes.whole(from, to);
    for (int at = from; at < whole; at += Lanes.BYTES) {
      Lanes.store(ErrorFunction.erf(Lanes.load(a, at)), out, at);
    }
    if (whole < to) {
      VectorMask<Float> mask = Lanes.tail(whole, to);
      Lanes.store(ErrorFunction.erf(Lanes.load(a, whole, mask)), out, whole, mask);
    }
  }

  /** {@code out = 1 / sqrt(factor * a + eps)}. */
  static void inverseSquareRoot(
      ByteBuffer a, float factor, float eps, ByteBuffer out, int from, int to) {
    FloatVector factors = Lanes.all(factor);
    FloatVector summands = Lanes.all(eps);
    FloatVector ones = Lanes.all(1f);
    int whole = Lanes.whole(from, to);
    for (int at = from; at < whole; at += Lanes.BYTES) {
      Lanes.store(
          ones.div(Lanes.load(a, at).fma(factors, summands).lanewise(VectorOperators.SQRT)),
          out,
          at);
    }
    if (whole < to) {
      VectorMask<Float> mask = Lanes.tail(whole, to);
      Lanes.store(
          ones.div(
              Lanes.load(a, whole, mask).fma(factors, summands).lanewise(VectorOperators.SQRT)),
          out,
          whole,
          mask);
    }
  }

  static FloatVector relu(FloatVector a) {
    // Not max: NaN stays NaN, and -0 turns to 0.
    return a.blend(0f, a.compare(VectorOperators.LE, 0f));
  }

  static FloatVector positive(FloatVector a) {
    return Lanes.zero().blend(1f, a.compare(VectorOperators.GT, 0f));
  }
}
