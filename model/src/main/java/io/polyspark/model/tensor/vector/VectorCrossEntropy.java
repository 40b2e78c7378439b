package io.polyspark.model.tensor.vector;

import io.polyspark.model.tensor.vector.Products.Matrix;
import io.polyspark.model.tensor.vector.Products.Op;
import java.nio.ByteBuffer;

/**
 * Cross-entropy in tiles of rows; the tile's logits turn into their own gradient in place, row by
 * row while they are in the cache.
 */
final class VectorCrossEntropy implements AutoCloseable {
  private static final long LEAST_WORK = 1L << 19;
  private static final int GRAIN = 16;

  private final Workers workers;
  private final Products products;
  private final long tileElements;
  private final Memory memory = new Memory();
  private VectorTensor tile;

  /**
   * @param tileElements the most elements of one tile of logits, where a single row has no more
   */
  VectorCrossEntropy(Workers workers, Products products, long tileElements) {
    this.workers = workers;
    this.products = products;
    this.tileElements = tileElements;
  }

  private long rowsPerTile(long rows, long vocabulary) {
    return Math.max(1, Math.min(rows, tileElements / vocabulary));
  }

  /** The elements of one tile. */
  long scratchElements(long rows, long vocabulary) {
    return rowsPerTile(rows, vocabulary) * ScoreRow.room((int) vocabulary);
  }

  /** Where the gradient of the losses' mean goes. */
  record Gradients(VectorTensor dX, VectorTensor dWeight) {}

  /**
   * @param x [N, D]
   * @param weight [V, D]
   * @param targets [N]
   * @param losses [N, 1]
   * @param gradients null where only losses are wanted
   */
  void run(
      VectorTensor x,
      VectorTensor weight,
      int[] targets,
      VectorTensor losses,
      Gradients gradients) {
    long perTile = rowsPerTile(x.rows(), weight.rows());
    VectorTensor logits = tile(perTile, ScoreRow.room((int) weight.rows()));
    for (long first = 0; first < x.rows(); first += perTile) {
      long count = Math.min(perTile, x.rows() - first);
      rows(x, weight, targets, losses, gradients, logits, first, count);
      if (gradients != null) {
        products.multiply(
            Op.TRANSPOSED,
            Matrix.of(logits),
            Op.NONE,
            new Matrix(x.address(first), x.stride()),
            weight.rows(),
            x.columns(),
            count,
            1,
            Matrix.of(gradients.dWeight()));
      }
    }
  }

  /** Everything but the gradient of the weight needs only a thread's own rows of the tile. */
  private void rows(
      VectorTensor x,
      VectorTensor weight,
      int[] targets,
      VectorTensor losses,
      Gradients gradients,
      VectorTensor logits,
      long first,
      long count) {
    int width = x.stride();
    long vocabulary = weight.rows();
    int parts = workers.parts(count * vocabulary * width, LEAST_WORK);
    float share = 1f / x.rows();
    workers.run(
        parts,
        part -> {
          long from = Workers.begin(count, part, parts, GRAIN);
          long mine = Workers.begin(count, part + 1, parts, GRAIN) - from;
          if (mine == 0) {
            return;
          }
          products.multiply(
              part,
              Op.NONE,
              x.address(first + from),
              width,
              Op.TRANSPOSED,
              weight.address(0),
              width,
              mine,
              vocabulary,
              width,
              1,
              0,
              logits.address(from),
              logits.stride());
          float[] lanes = Lanes.scratch();
          for (long row = from; row < from + mine; row++) {
            int target = targets[(int) (first + row)];
            boolean gradient = gradients != null;
            losses.set(
                first + row, loss(logits, row, (int) vocabulary, target, gradient, share, lanes));
          }
          if (gradients != null) {
            products.multiply(
                part,
                Op.NONE,
                logits.address(from),
                logits.stride(),
                Op.NONE,
                weight.address(0),
                width,
                mine,
                width,
                vocabulary,
                1,
                0,
                gradients.dX().address(first + from),
                width);
          }
        });
  }

  /**
   * The loss of one row, {@code log(sum exp(logit - max)) - (logit of the target - max)}; its
   * logits become {@code share * (softmax - one at the target)} where the gradient is wanted.
   */
  private static float loss(
      VectorTensor logits,
      long row,
      int count,
      int target,
      boolean gradient,
      float share,
      float[] lanes) {
    ByteBuffer buffer = logits.buffer(row);
    int from = logits.offset(row);
    ScoreRow.close(buffer, from, count);
    float max = ScoreRow.max(buffer, from, count, lanes);
    int targetAt = from + target * Float.BYTES;
    double ofTarget = (double) buffer.getFloat(targetAt) - max;
    double sum = ScoreRow.exponentials(buffer, from, count, max, lanes);
    if (gradient) {
      int to = from + logits.rowBytes();
      Arithmetic.scaleAndShift(buffer, (float) (share / sum), 0, buffer, from, to);
      buffer.putFloat(targetAt, buffer.getFloat(targetAt) - share);
    }
    return (float) (StrictMath.log(sum) - ofTarget);
  }

  private VectorTensor tile(long rows, long columns) {
    if (tile == null || tile.rows() != rows || tile.columns() != columns) {
      memory.close();
      tile = memory.allocate(rows, columns);
    }
    return tile;
  }

  @Override
  public void close() {
    memory.close();
    tile = null;
  }
}
