package io.polyspark.model.tensor.vector;

/** Rows of a table by number, and back: gather and scatter-add. */
final class VectorEmbedding {
  private final Workers workers;
  private final Rows rows;

  VectorEmbedding(Workers workers) {
    this.workers = workers;
    this.rows = new Rows(workers);
  }

  /** {@code out[i] = table[ids[i]]}. */
  void gather(VectorTensor table, int[] ids, VectorTensor out) {
    rows.split(
        out,
        (part, from, to) -> {
          for (long row = from; row < to; row++) {
            int id = ids[(int) row];
            Arithmetic.copy(
                table.buffer(id),
                table.offset(id),
                out.buffer(row),
                out.offset(row),
                out.rowBytes());
          }
        });
  }

  /**
   * {@code dTable[ids[i]] += dOut[i]}. Every thread has columns of its own, over all rows in their
   * order: ids that repeat are added in that order, and no two threads write the same number.
   */
  void scatterAdd(VectorTensor dOut, int[] ids, VectorTensor dTable) {
    int parts = rows.parts(dOut);
    long columns = dOut.columns();
    workers.run(
        parts,
        part -> {
          int from = (int) Workers.begin(columns, part, parts, Lanes.COUNT) * Float.BYTES;
          int to = (int) Workers.begin(columns, part + 1, parts, Lanes.COUNT) * Float.BYTES;
          for (int row = 0; row < ids.length; row++) {
            int id = ids[row];
            Arithmetic.add(
                dOut.buffer(row),
                dOut.offset(row) + from,
                dTable.buffer(id),
                dTable.offset(id) + from,
                to - from);
          }
        });
  }
}
