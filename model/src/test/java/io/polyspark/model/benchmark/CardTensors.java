package io.polyspark.model.benchmark;

import io.polyspark.model.tensor.Indices;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Tensor;
import java.util.Random;

/**
 * Tensors of random numbers that need no heap of their own size: some rows are drawn, and copied on
 * the card until all are full. Random, because a card multiplies zeros faster.
 */
final class CardTensors {
  /** At most this many numbers are drawn per tensor. */
  private static final int DRAWN = 1 << 20;

  private final Kernels kernels;
  private final Random random = new Random(1);

  CardTensors(Kernels kernels) {
    this.kernels = kernels;
  }

  /** Zeros, in the type that products read. */
  Tensor zeros(long rows, long columns) {
    return kernels.allocate(rows, columns);
  }

  /** Zeros in float32. */
  Tensor exactZeros(long rows, long columns) {
    return kernels.allocateExact(rows, columns);
  }

  /** Numbers between -1 and 1, in the type that products read. */
  Tensor uniform(long rows, long columns) {
    return filled(zeros(rows, columns));
  }

  /** The same in float32. */
  Tensor exactUniform(long rows, long columns) {
    return filled(exactZeros(rows, columns));
  }

  private Tensor filled(Tensor tensor) {
    long rows = tensor.rows();
    long full = Math.max(1, Math.min(rows, DRAWN / tensor.columns()));
    Tensor first = kernels.rows(tensor, 0, full);
    kernels.upload(random.doubles(first.length(), -1, 1).toArray(), first);
    while (full < rows) {
      long more = Math.min(full, rows - full);
      kernels.copy(kernels.rows(tensor, 0, more), kernels.rows(tensor, full, full + more));
      full += more;
    }
    return tensor;
  }

  /** Ids below a number. */
  Indices ids(int length, int below) {
    Indices ids = kernels.allocateIndices(length);
    kernels.upload(random.ints(length, 0, below).toArray(), ids);
    return ids;
  }
}
