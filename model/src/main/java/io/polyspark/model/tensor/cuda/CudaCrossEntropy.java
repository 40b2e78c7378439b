package io.polyspark.model.tensor.cuda;

import static io.polyspark.model.tensor.cuda.CudaTensor.cuda;

import io.polyspark.model.tensor.Indices;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.cuda.Launcher.Grid;

/**
 * Cross-entropy in tiles of rows. A tile's logits are in float32; their gradient takes their place,
 * or lies beside them in bfloat16 where the rows before the head are of that type. The kernels are
 * in {@code cross_entropy.cu}.
 */
final class CudaCrossEntropy {
  /**
   * The most elements of a tile: 1 GiB of logits. Each tile reads and writes all of the weight's
   * gradient, 8 bytes an element for 2 operations a row: below a thousand rows memory is the limit.
   */
  private static final long TILE_ELEMENTS = 1L << 28;

  private static final String MODULE = "cross_entropy";
  private static final int THREADS = 512;

  private final Launcher launcher;
  private final Products products;
  private final long tileElements;

  CudaCrossEntropy(Launcher launcher, Products products) {
    this(launcher, products, TILE_ELEMENTS);
  }

  /**
   * @param tileElements the most elements of one tile of logits, where a single row has no more
   */
  CudaCrossEntropy(Launcher launcher, Products products, long tileElements) {
    this.launcher = launcher;
    this.products = products;
    this.tileElements = tileElements;
  }

  /**
   * The bytes of one tile and its gradient.
   *
   * @param type of the rows before the head
   */
  long scratchBytes(long rows, long vocabulary, ElementType type) {
    int ofGradient = type == ElementType.BF16 ? type.bytes() : 0;
    return rowsPerTile(rows, vocabulary) * vocabulary * (ElementType.F32.bytes() + ofGradient);
  }

  /** See {@link Kernels#crossEntropy}; losses in float32. */
  void crossEntropy(Tensor x, Tensor weight, Indices targets, Tensor losses) {
    forTiles(
        x,
        weight,
        (tile, logits) ->
            launcher.launch(
                MODULE,
                "cross_entropy",
                Grid.of(logits.rows(), THREADS),
                logits,
                tile.of(targets),
                Math.toIntExact(logits.columns()),
                tile.of(losses)));
  }

  /** See {@link Kernels#crossEntropyWithGradient}; losses and {@code dWeight} in float32. */
  void crossEntropyWithGradient(
      Tensor x, Tensor weight, Indices targets, Tensor losses, Tensor dX, Tensor dWeight) {
    ElementType type = cuda(x).type();
    forTiles(
        x,
        weight,
        (tile, logits) -> {
          CudaTensor dLogits =
              type == ElementType.F32
                  ? logits
                  : launcher.scratch("dLogits", logits.rows(), logits.columns(), type);
          launcher.launch(
              MODULE,
              "cross_entropy_gradient_" + type.suffix(),
              Grid.of(logits.rows(), THREADS),
              logits,
              tile.of(targets),
              Math.toIntExact(logits.columns()),
              1f / x.rows(),
              tile.of(losses),
              dLogits);
          products.linearInputGradient(dLogits, weight, tile.of(dX), Into.OVERWRITE);
          products.linearWeightGradient(dLogits, tile.of(x), dWeight);
        });
  }

  /** Rows [from, to) of all. */
  private record Tile(long from, long to) {
    CudaTensor of(Tensor tensor) {
      return cuda(tensor).rows(from, to);
    }

    CudaIndices of(Indices indices) {
      CudaIndices all = CudaIndices.cuda(indices);
      return new CudaIndices(
          all.memory(), all.offset() + from * Integer.BYTES, Math.toIntExact(to - from));
    }
  }

  /** What is done with a tile and its logits. */
  private interface TileWork {
    void run(Tile tile, CudaTensor logits);
  }

  private void forTiles(Tensor x, Tensor weight, TileWork work) {
    long rows = x.rows();
    long perTile = rowsPerTile(rows, weight.rows());
    for (long from = 0; from < rows; from += perTile) {
      Tile tile = new Tile(from, Math.min(rows, from + perTile));
      CudaTensor logits =
          launcher.scratch("logits", tile.to() - from, weight.rows(), ElementType.F32);
      products.linear(tile.of(x), weight, logits, Into.OVERWRITE);
      work.run(tile, logits);
    }
  }

  /** The rows of a tile but the last; a power of two, as batches mostly are multiples of. */
  private long rowsPerTile(long rows, long vocabulary) {
    long most = Math.max(1, tileElements / vocabulary);
    return rows <= most ? rows : Long.highestOneBit(most);
  }
}
