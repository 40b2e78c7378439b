package io.polyspark.model.tensor.vector;

import java.util.Arrays;

/** Splits the rows of a tensor over all threads. */
final class Rows {
  /** What is done with rows [from, to). */
  interface Work {
    void run(int part, long from, long to);
  }

  private static final long LEAST_WORK = 1L << 14;

  private final Workers workers;
  private final float[][] scratch;

  Rows(Workers workers) {
    this.workers = workers;
    this.scratch = new float[workers.threads()][];
    Arrays.setAll(scratch, part -> Lanes.scratch());
  }

  /** What the thread of a part works in, see {@link Lanes#scratch}. */
  float[] scratch(int part) {
    return scratch[part];
  }

  /** The number of parts into which {@link #split} cuts. */
  int parts(VectorTensor tensor) {
    return (int) Math.min(workers.parts(tensor.length(), LEAST_WORK), Math.max(1, tensor.rows()));
  }

  void split(VectorTensor tensor, Work work) {
    int parts = parts(tensor);
    long rows = tensor.rows();
    workers.run(
        parts,
        part ->
            work.run(
                part,
                Workers.begin(rows, part, parts, 1),
                Workers.begin(rows, part + 1, parts, 1)));
  }
}
