package io.polyspark.model.tensor.vector;

import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

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
            copy(
                table.buffer(id),
                table.offset(id),
                out.buffer(row),
                out.offset(row),
                out.rowBytes());
          }
        });
  }

  private static void copy(ByteBuffer from, int fromAt, ByteBuffer to, int toAt, int bytes) {
    int at = 0;
    for (; at <= bytes - Lanes.BYTES; at += Lanes.BYTES) {
      Lanes.store(Lanes.load(from, fromAt + at), to, toAt + at);
    }
    if (at < bytes) {
      VectorMask<Float> mask = Lanes.tail(at, bytes);
      Lanes.store(Lanes.load(from, fromAt + at, mask), to, toAt + at, mask);
    }
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
            add(dOut.buffer(row), dOut.offset(row), dTable.buffer(id), dTable.offset(id), from, to);
          }
        });
  }

  private static void add(
      ByteBuffer summand, int summandAt, ByteBuffer sum, int sumAt, int from, int to) {
    int at = from;
    for (; at <= to - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector added = Lanes.load(sum, sumAt + at).add(Lanes.load(summand, summandAt + at));
      Lanes.store(added, sum, sumAt + at);
    }
    if (at < to) {
      VectorMask<Float> mask = Lanes.tail(at, to);
      FloatVector added =
          Lanes.load(sum, sumAt + at, mask).add(Lanes.load(summand, summandAt + at, mask));
      Lanes.store(added, sum, sumAt + at, mask);
    }
  }
}
