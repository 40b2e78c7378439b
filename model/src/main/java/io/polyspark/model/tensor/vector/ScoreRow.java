package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.Lanes.ORDER;
import static io.polyspark.model.tensor.vector.Lanes.SPECIES;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.FloatVector.fromByteBuffer;
import static jdk.incubator.vector.FloatVector.zero;

import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;

/**
 * One row of scores, of attention or of a vocabulary, on its way to probabilities. Rows of scores
 * have room for a whole number of vectors, so that loops need no tail: what lies behind the last
 * score is set to what changes nothing.
 */
final class ScoreRow {
  private static final int BLOCK = Lanes.SCRATCH * Float.BYTES;

  private ScoreRow() {}

  /** The room that a row of so many scores needs, in scores. */
  static int room(int count) {
    return (count + Lanes.COUNT - 1) / Lanes.COUNT * Lanes.COUNT;
  }

  /**
   * Fills up the last vector of a row with negative infinity, which {@link #max} and {@link
   * #exponentials} expect.
   *
   * @param at where the row begins, in bytes
   */
  static void close(ByteBuffer scores, int at, int count) {
    int end = at + room(count) * Float.BYTES;
    for (int i = at + count * Float.BYTES; i < end; i += Float.BYTES) {
      scores.putFloat(i, Float.NEGATIVE_INFINITY);
    }
  }

  /** The largest of {@code count} scores; NaN where there is one. */
  static float max(ByteBuffer scores, int at, int count, float[] scratch) {
    FloatVector max = broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    int end = at + count * Float.BYTES;
    for (int i = at; i < end; i += Lanes.BYTES) {
      max = max.max(fromByteBuffer(SPECIES, scores, i, ORDER));
    }
    max.intoArray(scratch, 0);
    return Lanes.max(scratch);
  }

  /** {@code score = exp(score - shift)} for {@code count} scores; returns their sum. */
  static double exponentials(ByteBuffer scores, int at, int count, float shift, float[] scratch) {
    double sum = 0;
    int end = at + count * Float.BYTES;
    for (int block = at; block < end; block += BLOCK) {
      sum += exponentialsOfBlock(scores, block, Math.min(end, block + BLOCK), shift, scratch);
    }
    return sum;
  }

  private static float exponentialsOfBlock(
      ByteBuffer scores, int from, int to, float shift, float[] block) {
    FloatVector shifts = broadcast(SPECIES, shift);
    for (int i = from; i < to; i += Lanes.BYTES) {
      fromByteBuffer(SPECIES, scores, i, ORDER)
          .sub(shifts)
          .intoArray(block, (i - from) / Float.BYTES);
    }
    Exponential.exp(block, 0, (to - from) / Float.BYTES);
    FloatVector sum = zero(SPECIES);
    for (int i = from; i < to; i += Lanes.BYTES) {
      FloatVector e = fromArray(SPECIES, block, (i - from) / Float.BYTES);
      e.intoByteBuffer(scores, i, ORDER);
      sum = sum.add(e);
    }
    sum.intoArray(block, 0);
    return Lanes.sum(block);
  }

  /** Zeros in whole vectors behind {@code count} scores, up to {@code width} and its room. */
  static void clear(ByteBuffer scores, int at, int count, int width) {
    int behind = room(count) * Float.BYTES;
    Arithmetic.fill(0, scores, at + behind, Math.max(0, room(width) * Float.BYTES - behind));
  }

  /** {@code d = scale * p * (d - weighted)} over {@code width} numbers and their room. */
  static void gradient(
      ByteBuffer p, int pAt, ByteBuffer d, int dAt, int width, float weighted, float scale) {
    FloatVector scales = broadcast(SPECIES, scale);
    FloatVector means = broadcast(SPECIES, weighted);
    int bytes = width * Float.BYTES;
    for (int i = 0; i < bytes; i += Lanes.BYTES) {
      FloatVector probability = fromByteBuffer(SPECIES, p, pAt + i, ORDER).mul(scales);
      fromByteBuffer(SPECIES, d, dAt + i, ORDER)
          .sub(means)
          .mul(probability)
          .intoByteBuffer(d, dAt + i, ORDER);
    }
  }
}
