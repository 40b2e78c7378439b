package io.polyspark.model.tensor.vector;

import io.polyspark.model.tensor.Into;
import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Sums over the rows of a tensor, a vector's width of columns at a time. */
final class ColumnSums {
  /** Rows that are summed by themselves, so that long columns lose nothing. */
  private static final long BLOCK = 64;

  private ColumnSums() {}

  /** {@code perColumn[j] (+)= sum over i of a[i][j]}, for the columns at bytes [from, to). */
  static void sum(VectorTensor a, VectorTensor perColumn, Into into, int from, int to) {
    ByteBuffer out = perColumn.buffer(0);
    int base = perColumn.offset(0);
    int at = from;
    for (; at <= to - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector sum = into == Into.ADD ? Lanes.load(out, base + at) : Lanes.zero();
      for (long row = 0; row < a.rows(); row += BLOCK) {
        sum = sum.add(ofBlock(a, row, at));
      }
      Lanes.store(sum, out, base + at);
    }
    if (at < to) {
      VectorMask<Float> mask = Lanes.tail(at, to);
      FloatVector sum = into == Into.ADD ? Lanes.load(out, base + at, mask) : Lanes.zero();
      for (long row = 0; row < a.rows(); row++) {
        sum = sum.add(Lanes.load(a.buffer(row), a.offset(row) + at, mask));
      }
      Lanes.store(sum, out, base + at, mask);
    }
  }

  private static FloatVector ofBlock(VectorTensor a, long first, int at) {
    FloatVector sum = Lanes.zero();
    long end = Math.min(a.rows(), first + BLOCK);
    for (long row = first; row < end; row++) {
      sum = sum.add(Lanes.load(a.buffer(row), a.offset(row) + at));
    }
    return sum;
  }
}
