package io.polyspark.model.tensor.vector;

import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** The two passes of a softmax over bytes [from, to) of a buffer. */
final class Softmax {
  private static final int BLOCK = 1 << 14;

  private Softmax() {}

  /** The largest number; NaN where there is one. */
  static float max(ByteBuffer x, int from, int to) {
    FloatVector even = Lanes.all(Float.NEGATIVE_INFINITY);
    FloatVector odd = even;
    int at = from;
    for (; at <= to - 2 * Lanes.BYTES; at += 2 * Lanes.BYTES) {
      even = even.max(Lanes.load(x, at));
      odd = odd.max(Lanes.load(x, at + Lanes.BYTES));
    }
    for (; at < to; at += Lanes.BYTES) {
      VectorMask<Float> mask = Lanes.tail(at, Math.min(to, at + Lanes.BYTES));
      odd = odd.max(Lanes.all(Float.NEGATIVE_INFINITY).blend(Lanes.load(x, at, mask), mask));
    }
    return Lanes.max(even.max(odd));
  }

  /** {@code x = exp(x - max)}; returns their sum. */
  static double exponentials(ByteBuffer x, int from, int to, float max) {
    double sum = 0;
    for (int block = from; block < to; block += BLOCK) {
      sum += exponentialsOfBlock(x, block, Math.min(to, block + BLOCK), max);
    }
    return sum;
  }

  private static float exponentialsOfBlock(ByteBuffer x, int from, int to, float max) {
    FloatVector maxima = Lanes.all(max);
    FloatVector sum = Lanes.zero();
    int at = from;
    for (; at <= to - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector e = Exponential.exp(Lanes.load(x, at).sub(maxima));
      Lanes.store(e, x, at);
      sum = sum.add(e);
    }
    if (at < to) {
      VectorMask<Float> mask = Lanes.tail(at, to);
      FloatVector e = Exponential.exp(Lanes.load(x, at, mask).sub(maxima));
      Lanes.store(e, x, at, mask);
      sum = sum.add(Lanes.zero().blend(e, mask));
    }
    return Lanes.sum(sum);
  }
}
