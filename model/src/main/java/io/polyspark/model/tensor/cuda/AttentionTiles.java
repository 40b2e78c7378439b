package io.polyspark.model.tensor.cuda;

import io.polyspark.model.tensor.cuda.Launcher.Grid;

/**
 * How the kernels of attention cut heads of a size into tiles, as their sources say; nothing takes
 * more shared memory than the 99 KiB that a block has on the smallest cards.
 *
 * @param name in the kernels' names
 * @param threads of a block
 * @param queries of a block of the forward pass and of the queries' gradient
 * @param keys of a block of the keys' gradient
 * @param splits of the columns of the keys' gradient
 * @param forwardBytes of shared memory
 * @param keyGradientBytes of shared memory
 * @param queryGradientBytes of shared memory
 */
record AttentionTiles(
    int name,
    int threads,
    int queries,
    int keys,
    int splits,
    int forwardBytes,
    int keyGradientBytes,
    int queryGradientBytes) {
  private static final int WARP = 32;
  private static final int WARPS = 4;
  private static final int MOST_ON_MATRIX_UNITS = 256;
  private static final int PIECE = 8;
  private static final int PIECE_BYTES = 16;

  private static final int THREADS_OF_ROW = 8;
  private static final int GROUP = 32;
  private static final int MOST = 512;

  /** Whether the matrix units take tensors of heads of a size. */
  static boolean fitMatrixUnits(int headSize, CudaTensor... tensors) {
    boolean fit = headSize <= MOST_ON_MATRIX_UNITS && headSize % PIECE == 0;
    for (CudaTensor tensor : tensors) {
      fit = fit && tensor.type() == ElementType.BF16 && tensor.address() % PIECE_BYTES == 0;
    }
    return fit;
  }

  /** The tiles of {@code attention.cu} and {@code attention_gradient.cu}, of bfloat16. */
  static AttentionTiles ofMatrixUnits(int headSize) {
    int width = Math.max(16, headSize == 1 ? 1 : 2 * Integer.highestOneBit(headSize - 1));
    int queries = width == 256 ? 64 : 128;
    int keysOfBlock = WARPS * 16;
    int keysAtOnce = width <= 64 ? 64 : 32;
    int keysAtOnceInGradient = width <= 32 ? 64 : width <= 128 ? 32 : 16;
    int queriesAtOnce = width <= 64 ? 64 : width == 128 ? 32 : 16;
    int row = width * ElementType.BF16.bytes();
    return new AttentionTiles(
        width,
        WARPS * WARP,
        queries,
        keysOfBlock,
        width == 256 ? 2 : 1,
        (queries + 4 * keysAtOnce) * row,
        (2 * keysOfBlock + 4 * queriesAtOnce) * row + 4 * queriesAtOnce * Float.BYTES,
        (2 * queries + 4 * keysAtOnceInGradient) * row);
  }

  /**
   * The tiles of {@code attention_plain.cu} for the forward pass.
   *
   * @throws IllegalArgumentException for heads that are too wide
   */
  static AttentionTiles plain(int headSize) {
    return plain(headSize, headSize <= 128 ? 32 : headSize <= 256 ? 16 : 8);
  }

  /** As {@link #plain(int)}, for the gradient. */
  static AttentionTiles plainGradient(int headSize) {
    return plain(headSize, headSize <= 96 ? 32 : headSize <= 256 ? 16 : 8);
  }

  private static AttentionTiles plain(int headSize, int tile) {
    if (headSize > MOST) {
      throw new IllegalArgumentException(
          "a card's attention has heads of at most %d columns, not %d".formatted(MOST, headSize));
    }
    int rows = tile * ((headSize + GROUP - 1) / GROUP * GROUP + 1) * Float.BYTES;
    int factors = tile * (tile + 1) * Float.BYTES;
    return new AttentionTiles(
        tile,
        THREADS_OF_ROW * tile,
        tile,
        tile,
        1,
        4 * rows + factors,
        6 * rows + 2 * factors,
        5 * rows + factors);
  }

  /**
   * The forward pass.
   *
   * @param streams heads of all sequences
   * @param count of a stream's queries
   */
  Grid forward(int streams, int count) {
    return grid(streams, count, queries, 1, forwardBytes);
  }

  /**
   * The gradient of keys and values.
   *
   * @param streams key-value heads of all sequences
   * @param count of a stream's keys
   */
  Grid keyGradient(int streams, int count) {
    return grid(streams, count, keys, splits, keyGradientBytes);
  }

  /** The gradient of queries; as {@link #forward}. */
  Grid queryGradient(int streams, int count) {
    return grid(streams, count, queries, 1, queryGradientBytes);
  }

  private Grid grid(int streams, int count, int ofBlock, int y, int bytes) {
    int tiles = (count + ofBlock - 1) / ofBlock;
    return Grid.of((long) streams * tiles, y, threads).withShared(bytes);
  }
}
