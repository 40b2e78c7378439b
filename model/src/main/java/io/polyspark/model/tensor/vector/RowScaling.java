package io.polyspark.model.tensor.vector;

/** Rows by numbers of their own, and by a number per column. */
final class RowScaling {
  private RowScaling() {}

  /** {@code out[i][j] = a[i][j] * perRow[i]} for rows [first, end). */
  static void scaleRows(
      VectorTensor a, VectorTensor perRow, VectorTensor out, long first, long end) {
    for (long row = first; row < end; row++) {
      Arithmetic.scale(
          a.buffer(row),
          a.offset(row),
          perRow.get(row),
          out.buffer(row),
          out.offset(row),
          out.rowBytes());
    }
  }

  /** {@code into[i][j] += perRow[i]} for rows [first, end). */
  static void shiftRows(VectorTensor perRow, VectorTensor into, long first, long end) {
    for (long row = first; row < end; row++) {
      Arithmetic.scaleAndShift(
          into.buffer(row),
          into.offset(row),
          1f,
          perRow.get(row),
          into.buffer(row),
          into.offset(row),
          into.rowBytes());
    }
  }

  /** {@code out[i][j] = a[i][j] * perColumn[j]} for rows [first, end). */
  static void scaleColumns(
      VectorTensor a, VectorTensor perColumn, VectorTensor out, long first, long end) {
    for (long row = first; row < end; row++) {
      Arithmetic.multiply(
          a.buffer(row),
          a.offset(row),
          perColumn.buffer(0),
          perColumn.offset(0),
          out.buffer(row),
          out.offset(row),
          out.rowBytes());
    }
  }
}
