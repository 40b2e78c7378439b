package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.Lanes.ORDER;
import static io.polyspark.model.tensor.vector.Lanes.SPECIES;
import static jdk.incubator.vector.FloatVector.fromByteBuffer;
import static jdk.incubator.vector.FloatVector.zero;

import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;

/**
 * Sums over bytes [from, to) of buffers, in a fixed order: lanes in float32 over at most 16 KiB,
 * then their tree, then what was less than a vector, and those sums one after the other in float64.
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
    FloatVector sum0 = zero(SPECIES);
    FloatVector sum1 = zero(SPECIES);
    FloatVector sum2 = zero(SPECIES);
    FloatVector sum3 = zero(SPECIES);
    int at = from;
    for (; at <= to - 4 * Lanes.BYTES; at += 4 * Lanes.BYTES) {
      int second = at + Lanes.BYTES;
      int third = second + Lanes.BYTES;
      int fourth = third + Lanes.BYTES;
      sum0 = fromByteBuffer(SPECIES, a, at, ORDER).fma(fromByteBuffer(SPECIES, b, at, ORDER), sum0);
      sum1 =
          fromByteBuffer(SPECIES, a, second, ORDER)
              .fma(fromByteBuffer(SPECIES, b, second, ORDER), sum1);
      sum2 =
          fromByteBuffer(SPECIES, a, third, ORDER)
              .fma(fromByteBuffer(SPECIES, b, third, ORDER), sum2);
      sum3 =
          fromByteBuffer(SPECIES, a, fourth, ORDER)
              .fma(fromByteBuffer(SPECIES, b, fourth, ORDER), sum3);
    }
    for (; at <= to - Lanes.BYTES; at += Lanes.BYTES) {
      sum0 = fromByteBuffer(SPECIES, a, at, ORDER).fma(fromByteBuffer(SPECIES, b, at, ORDER), sum0);
    }
    float rest = 0;
    for (; at < to; at += Float.BYTES) {
      rest = Math.fma(a.getFloat(at), b.getFloat(at), rest);
    }
    sum0.add(sum1).add(sum2.add(sum3)).intoArray(scratch, 0);
    return Lanes.sum(scratch) + rest;
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
    FloatVector sum0 = zero(SPECIES);
    FloatVector sum1 = zero(SPECIES);
    int at = from;
    for (; at <= to - 2 * Lanes.BYTES; at += 2 * Lanes.BYTES) {
      sum0 = sum0.add(fromByteBuffer(SPECIES, a, at, ORDER));
      sum1 = sum1.add(fromByteBuffer(SPECIES, a, at + Lanes.BYTES, ORDER));
    }
    for (; at <= to - Lanes.BYTES; at += Lanes.BYTES) {
      sum0 = sum0.add(fromByteBuffer(SPECIES, a, at, ORDER));
    }
    float rest = 0;
    for (; at < to; at += Float.BYTES) {
      rest += a.getFloat(at);
    }
    sum0.add(sum1).intoArray(scratch, 0);
    return Lanes.sum(scratch) + rest;
  }
}
