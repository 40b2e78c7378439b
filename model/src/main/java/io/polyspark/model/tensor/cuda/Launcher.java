package io.polyspark.model.tensor.cuda;

import io.polyspark.model.tensor.Tensor;

/** Puts kernels on a card's stream, and gives memory that they work in. */
interface Launcher {
  /**
   * Launches a kernel after all that was launched before.
   *
   * @param module the file of its source, without its ending
   * @param function its name
   * @param arguments in the order of its parameters: an {@link Argument} or null for a pointer, an
   *     Integer, a Long, a Float
   */
  void launch(String module, String function, Grid grid, Object... arguments);

  /**
   * Blocks and threads.
   *
   * @param threads of a block
   * @param sharedBytes dynamic shared memory of a block
   */
  record Grid(long x, int y, int z, int threads, int sharedBytes) {
    static Grid of(long blocks, int threads) {
      return new Grid(blocks, 1, 1, threads, 0);
    }

    static Grid of(long x, int y, int threads) {
      return new Grid(x, y, 1, threads, 0);
    }

    Grid withShared(int bytes) {
      return new Grid(x, y, z, threads, bytes);
    }
  }

  /**
   * Memory for what nobody expects to find again after the operation that asks: a role's memory is
   * the same each time, and grows to the largest that was asked for.
   */
  CudaTensor scratch(String role, long rows, long columns, ElementType type);

  /** As {@link #scratch}, ids. */
  CudaIndices scratchIds(String role, int length);

  /**
   * Addresses on the card, for kernels that work on a list of tensors.
   *
   * @param role keeps its memory while the addresses stay the same
   */
  Argument addresses(String role, long[] values);

  /** Copies numbers to the card, as many as {@code into} has elements, rounded to its type. */
  void write(float[] from, CudaTensor into);

  /** Waits for all that was launched, and copies a tensor's elements. */
  void read(CudaTensor from, double[] into);

  /** As the other, ids. */
  void read(CudaIndices from, int[] into);

  /** The multiprocessors of the card. */
  int multiprocessors();

  /** A tensor of this back end. */
  default CudaTensor cuda(Tensor tensor) {
    return CudaTensor.cuda(tensor);
  }
}
