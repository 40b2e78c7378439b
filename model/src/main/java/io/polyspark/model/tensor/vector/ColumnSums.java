package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.Lanes.ORDER;
import static io.polyspark.model.tensor.vector.Lanes.SPECIES;
import static jdk.incubator.vector.FloatVector.fromByteBuffer;
import static jdk.incubator.vector.FloatVector.zero;

import io.polyspark.model.tensor.Into;
import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;

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
      FloatVector sum =
          into == Into.ADD ? fromByteBuffer(SPECIES, out, base + at, ORDER) : zero(SPECIES);
      for (long row = 0; row < a.rows(); row += BLOCK) {
        sum = sum.add(vectorOfBlock(a, row, at));
      }
      sum.intoByteBuffer(out, base + at, ORDER);
    }
    for (; at < to; at += Float.BYTES) {
      float sum = into == Into.ADD ? out.getFloat(base + at) : 0;
      for (long row = 0; row < a.rows(); row += BLOCK) {
        sum += numberOfBlock(a, row, at);
      }
      out.putFloat(base + at, sum);
    }
  }

  private static FloatVector vectorOfBlock(VectorTensor a, long first, int at) {
    FloatVector sum = zero(SPECIES);
    long end = Math.min(a.rows(), first + BLOCK);
    for (long row = first; row < end; row++) {
      sum = sum.add(fromByteBuffer(SPECIES, a.buffer(row), a.offset(row) + at, ORDER));
    }
    return sum;
  }

  private static float numberOfBlock(VectorTensor a, long first, int at) {
    float sum = 0;
    long end = Math.min(a.rows(), first + BLOCK);
    for (long row = first; row < end; row++) {
      sum += a.buffer(row).getFloat(a.offset(row) + at);
    }
    return sum;
  }
}
