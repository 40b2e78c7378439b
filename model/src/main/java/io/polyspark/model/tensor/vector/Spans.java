package io.polyspark.model.tensor.vector;

import java.nio.ByteBuffer;

/**
 * Walks over all elements of a tensor on all threads, in contiguous pieces of its buffers. Tensors
 * of the same shape have the same pieces.
 */
final class Spans {
  /** What is done with bytes [from, to) of a buffer with that number. */
  interface Work {
    void run(int part, int slab, int from, int to);
  }

  /** A part smaller than this takes less time than waking a thread. */
  private static final long LEAST_WORK = 1L << 14;

  private final Workers workers;

  Spans(Workers workers) {
    this.workers = workers;
  }

  /** The number of parts into which {@link #forEach} cuts. */
  int parts(VectorTensor tensor) {
    return workers.parts(tensor.length(), LEAST_WORK);
  }

  /** Every part gets its pieces in the order of the memory. */
  void forEach(VectorTensor tensor, Work work) {
    int parts = parts(tensor);
    workers.run(
        parts,
        part -> {
          long first = 0;
          long from = Workers.begin(tensor.length(), part, parts, Lanes.COUNT) * Float.BYTES;
          long to = Workers.begin(tensor.length(), part + 1, parts, Lanes.COUNT) * Float.BYTES;
          for (int slab = 0; slab < tensor.slabs(); slab++) {
            ByteBuffer buffer = tensor.slab(slab);
            long begin = Math.max(from, first) - first;
            long end = Math.min(to, first + buffer.limit()) - first;
            if (begin < end) {
              work.run(part, slab, (int) begin, (int) end);
            }
            first += buffer.limit();
          }
        });
  }
}
