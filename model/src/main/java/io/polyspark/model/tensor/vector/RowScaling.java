package io.polyspark.model.tensor.vector;

import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Rows by numbers of their own, and by a number per column. */
final class RowScaling {
  private RowScaling() {}

  /** {@code out[i][j] = a[i][j] * perRow[i]} for rows [first, end). */
  static void scaleRows(
      VectorTensor a, VectorTensor perRow, VectorTensor out, long first, long end) {
    for (long row = first; row < end; row++) {
      ByteBuffer from = a.buffer(row);
      ByteBuffer to = out.buffer(row);
      int distance = a.offset(row) - out.offset(row);
      scale(from, distance, perRow.get(row), to, out.offset(row), out.rowBytes());
    }
  }

  private static void scale(
      ByteBuffer from, int distance, float factor, ByteBuffer to, int offset, int bytes) {
    FloatVector factors = Lanes.all(factor);
    int end = offset + bytes;
    int at = offset;
    for (; at <= end - Lanes.BYTES; at += Lanes.BYTES) {
      Lanes.store(Lanes.load(from, at + distance).mul(factors), to, at);
    }
    if (at < end) {
      VectorMask<Float> mask = Lanes.tail(at, end);
      Lanes.store(Lanes.load(from, at + distance, mask).mul(factors), to, at, mask);
    }
  }

  /** {@code into[i][j] += perRow[i]} for rows [first, end). */
  static void shiftRows(VectorTensor perRow, VectorTensor into, long first, long end) {
    for (long row = first; row < end; row++) {
      int offset = into.offset(row);
      Arithmetic.scaleAndShift(
          into.buffer(row),
          1f,
          perRow.get(row),
          into.buffer(row),
          offset,
          offset + into.rowBytes());
    }
  }

  /** {@code out[i][j] = a[i][j] * perColumn[j]} for rows [first, end). */
  static void scaleColumns(
      VectorTensor a, VectorTensor perColumn, VectorTensor out, long first, long end) {
    ByteBuffer factors = perColumn.buffer(0);
    int base = perColumn.offset(0);
    int bytes = out.rowBytes();
    for (long row = first; row < end; row++) {
      ByteBuffer from = a.buffer(row);
      ByteBuffer to = out.buffer(row);
      int source = a.offset(row);
      int target = out.offset(row);
      int at = 0;
      for (; at <= bytes - Lanes.BYTES; at += Lanes.BYTES) {
        FloatVector product = Lanes.load(from, source + at).mul(Lanes.load(factors, base + at));
        Lanes.store(product, to, target + at);
      }
      if (at < bytes) {
        VectorMask<Float> mask = Lanes.tail(at, bytes);
        FloatVector product =
            Lanes.load(from, source + at, mask).mul(Lanes.load(factors, base + at, mask));
        Lanes.store(product, to, target + at, mask);
      }
    }
  }
}
