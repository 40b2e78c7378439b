package io.polyspark.model.tensor.vector;

import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * One row of a tile of attention scores. The tile is a whole number of vectors wide, so that loops
 * run over whole vectors: what lies behind the row's last number is set to what changes nothing.
 */
final class ScoreRow {
  private ScoreRow() {}

  /**
   * The largest of {@code count} numbers.
   *
   * @param at where the row begins, in bytes
   */
  static float max(ByteBuffer scores, int at, int count) {
    FloatVector max = Lanes.all(Float.NEGATIVE_INFINITY);
    int end = at + count * Float.BYTES;
    int whole = Lanes.whole(at, end);
    for (int i = at; i < whole; i += Lanes.BYTES) {
      max = max.max(Lanes.load(scores, i));
    }
    if (whole < end) {
      max = max.max(upTo(scores, whole, end));
    }
    return Lanes.max(max);
  }

  /** The lanes that belong to the row; negative infinity in the others. */
  private static FloatVector upTo(ByteBuffer scores, int at, int end) {
    VectorMask<Float> mask = Lanes.tail(at, end);
    return Lanes.all(Float.NEGATIVE_INFINITY).blend(Lanes.load(scores, at), mask);
  }

  /**
   * {@code exp(score - shift)} for the first {@code count} numbers, 0 behind them up to the tile's
   * {@code width}; returns the sum.
   */
  static float exponentials(ByteBuffer scores, int at, int count, int width, float shift) {
    FloatVector shifts = Lanes.all(shift);
    FloatVector sum = Lanes.zero();
    int end = at + count * Float.BYTES;
    int last = at + width * Float.BYTES;
    int whole = Lanes.whole(at, end);
    int i = at;
    for (; i < whole; i += Lanes.BYTES) {
      FloatVector e = Exponential.exp(Lanes.load(scores, i).sub(shifts));
      Lanes.store(e, scores, i);
      sum = sum.add(e);
    }
    if (i < end) {
      FloatVector e = Exponential.exp(upTo(scores, i, end).sub(shifts));
      Lanes.store(e, scores, i);
      sum = sum.add(e);
      i += Lanes.BYTES;
    }
    for (; i < last; i += Lanes.BYTES) {
      Lanes.store(Lanes.zero(), scores, i);
    }
    return Lanes.sum(sum);
  }

  /** {@code d = scale * p * (d - weighted)} over {@code width} numbers. */
  static void gradient(
      ByteBuffer p, int pAt, ByteBuffer d, int dAt, int width, float weighted, float scale) {
    FloatVector means = Lanes.all(weighted);
    FloatVector scales = Lanes.all(scale);
    int bytes = width * Float.BYTES;
    for (int i = 0; i < bytes; i += Lanes.BYTES) {
      FloatVector probability = Lanes.load(p, pAt + i).mul(scales);
      Lanes.store(Lanes.load(d, dAt + i).sub(means).mul(probability), d, dAt + i);
    }
  }
}
