package io.polyspark.model.tensor.vector;

import io.polyspark.model.tensor.Into;
import java.nio.ByteBuffer;

/**
 * Cross-entropy in tiles of rows; the tile's logits turn into their own gradient in place, row by
 * row while they are in the cache.
 */
final class VectorCrossEntropy implements AutoCloseable {
  /** Scores that are worth a thread. */
  private static final long LEAST_WORK = 1L << 13;

  private final Workers workers;
  private final Products products;
  private final Rows rows;
  private final long tileElements;
  private final Memory memory = new Memory();
  private VectorTensor tile;

  /**
   * @param tileElements the most elements of one tile of logits, where a single row has no more
   */
  VectorCrossEntropy(Workers workers, Products products, long tileElements) {
    this.workers = workers;
    this.products = products;
    this.rows = new Rows(workers);
    this.tileElements = tileElements;
  }

  /** The rows of one tile. */
  long rowsPerTile(long rows, long vocabulary) {
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
      products.linear(x, first, weight, logits, 0, count, Into.OVERWRITE);
      losses(logits, first, count, weight.rows(), targets, losses, gradients != null);
      if (gradients != null) {
        VectorTensor dLogits = logits;
        products.inputGradient(dLogits, 0, weight, gradients.dX(), first, count, Into.OVERWRITE);
        products.weightGradient(dLogits, 0, x, first, count, gradients.dWeight());
      }
    }
  }

  /** Of the rows of a tile; its logits turn into their gradient where that is wanted. */
  private void losses(
      VectorTensor logits,
      long first,
      long count,
      long vocabulary,
      int[] targets,
      VectorTensor losses,
      boolean gradient) {
    float share = 1f / losses.rows();
    int parts = workers.parts(count * vocabulary, LEAST_WORK);
    workers.run(
        parts,
        part -> {
          float[] lanes = rows.scratch(part);
          long end = Workers.begin(count, part + 1, parts, 1);
          for (long row = Workers.begin(count, part, parts, 1); row < end; row++) {
            int target = targets[(int) (first + row)];
            losses.set(
                first + row, loss(logits, row, (int) vocabulary, target, gradient, share, lanes));
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
      float factor = (float) (share / sum);
      Arithmetic.scale(buffer, from, factor, buffer, from, logits.rowBytes());
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
