package io.polyspark.model.tensor.cuda;

/**
 * Blocks that keep a whole row in registers: each thread has up to {@link #PACKS} accesses of it.
 *
 * @param width the elements of an access
 * @param mostThreads of a block
 */
record KeptRows(int width, int mostThreads) {
  /** The accesses of a thread; PACKS in the kernels' sources. */
  static final int PACKS = 4;

  private static final int WARP = 32;

  /** The threads, whole warps, that hold a row of so many columns; it may be too many. */
  int threads(long columns) {
    long ofThread = (long) PACKS * width;
    long threads = (columns + ofThread - 1) / ofThread;
    return Math.toIntExact((threads + WARP - 1) / WARP * WARP);
  }

  /** Whether a block can hold a row of tensors, all of the same width. */
  boolean hold(CudaTensor... tensors) {
    for (CudaTensor tensor : tensors) {
      long columns = tensor.columns();
      if (columns % width != 0
          || threads(columns) > mostThreads
          || tensor.address() % ((long) width * tensor.type().bytes()) != 0) {
        return false;
      }
    }
    return true;
  }
}
