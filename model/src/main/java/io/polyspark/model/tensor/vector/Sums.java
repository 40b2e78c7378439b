package io.polyspark.model.tensor.vector;

import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Sums over bytes [from, to) of buffers, in a fixed order: lanes in float32 over at most 16 KiB,
 * then their tree, and those sums one after the other in float64.
 */
final class Sums {
  private static final int BLOCK = 1 << 14;

  private Sums() {}

  /** The sum of {@code a * b}. */
  static double dot(ByteBuffer a, ByteBuffer b, int from, int to, float[] scratch) {
    double sum = 0;
    for (int block = from; block < to; block += BLOCK) {
      sum += dotOfBlock(a, b, block, Math.min(to, block + BLOCK), scratch);
    }
    return sum;
  }

  private static float dotOfBlock(ByteBuffer a, ByteBuffer b, int from, int to, float[] scratch) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    FloatVector sum2 = Lanes.zero();
    FloatVector sum3 = Lanes.zero();
    int at = from;
    for (; at <= to - 4 * Lanes.BYTES; at += 4 * Lanes.BYTES) {
      int second = at + Lanes.BYTES;
      int third = second + Lanes.BYTES;
      int fourth = third + Lanes.BYTES;
      sum0 = Lanes.load(a, at).fma(Lanes.load(b, at), sum0);
      sum1 = Lanes.load(a, second).fma(Lanes.load(b, second), sum1);
      sum2 = Lanes.load(a, third).fma(Lanes.load(b, third), sum2);
      sum3 = Lanes.load(a, fourth).fma(Lanes.load(b, fourth), sum3);
    }
    for (; at <= to - Lanes.BYTES; at += Lanes.BYTES) {
      sum0 = Lanes.load(a, at).fma(Lanes.load(b, at), sum0);
    }
    if (at < to) {
      VectorMask<Float> mask = Lanes.tail(at, to);
      sum1 = Lanes.load(a, at, mask).fma(Lanes.load(b, at, mask), sum1);
    }
    return Lanes.sum(sum0.add(sum1).add(sum2.add(sum3)), scratch);
  }

  /** The sum of {@code a}. */
  static double sum(ByteBuffer a, int from, int to, float[] scratch) {
    double sum = 0;
    for (int block = from; block < to; block += BLOCK) {
      sum += sumOfBlock(a, block, Math.min(to, block + BLOCK), scratch);
    }
    return sum;
  }

  private static float sumOfBlock(ByteBuffer a, int from, int to, float[] scratch) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    int at = from;
    for (; at <= to - 2 * Lanes.BYTES; at += 2 * Lanes.BYTES) {
      sum0 = sum0.add(Lanes.load(a, at));
      sum1 = sum1.add(Lanes.load(a, at + Lanes.BYTES));
    }
    for (; at <= to - Lanes.BYTES; at += Lanes.BYTES) {
      sum0 = sum0.add(Lanes.load(a, at));
    }
    if (at < to) {
      sum1 = sum1.add(Lanes.load(a, at, Lanes.tail(at, to)));
    }
    return Lanes.sum(sum0.add(sum1), scratch);
  }
}
