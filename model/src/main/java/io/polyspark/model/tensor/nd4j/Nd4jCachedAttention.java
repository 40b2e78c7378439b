package io.polyspark.model.tensor.nd4j;

import static io.polyspark.model.tensor.nd4j.Nd4jTensor.array;

import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.nd4j.Nd4jAttention.Op;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Attention of n positions over a cache of T, by products of all key-value heads at once and of all
 * T keys, of which a mask leaves those that a query sees. Letters: h key-value heads.
 */
final class Nd4jCachedAttention {
  private Nd4jCachedAttention() {}

  /** See {@link io.polyspark.model.tensor.Kernels#cachedAttention}. */
  static void run(
      Scratch scratch, Tensor q, Tensor k, Tensor v, AttentionShape shape, int first, Tensor out) {
    int rows = Math.toIntExact(q.rows());
    int positions = shape.positions();
    int heads = shape.keyValueHeads();
    INDArray keys = keyValueHeads(k, shape);
    INDArray values = keyValueHeads(v, shape);
    INDArray scores = scratch.array("cachedAttention.scores", (long) heads * rows, positions);
    INDArray scoresOfHeads = scores.reshape('c', heads, rows, positions);
    INDArray product =
        scratch
            .array("cachedAttention.product", (long) heads * rows, shape.headSize())
            .reshape('c', heads, rows, shape.headSize());
    INDArray mask = scratch.array("cachedAttention.mask", rows, positions);
    mask(mask, first);
    double scale = 1 / Math.sqrt(shape.headSize());
    for (int member = 0; member < shape.group(); member++) {
      INDArray queries = queryHeads(q, shape, member);
      Nd4jAttention.product(queries, Op.NONE, keys, Op.TRANSPOSED, scale, scoresOfHeads);
      scores
          .reshape('c', heads, (long) rows * positions)
          .addiRowVector(mask.reshape('c', 1, mask.length()));
      Nd4jAttention.softmax(scores);
      Nd4jAttention.product(scoresOfHeads, Op.NONE, values, Op.NONE, 1, product);
      queryHeads(out, shape, member).assign(product);
    }
  }

  /** 0 for a key at or before the query, a number far below any score for one after it. */
  private static void mask(INDArray mask, int first) {
    long positions = mask.columns();
    mask.assign(0);
    for (int row = 0; row < mask.rows(); row++) {
      if (first + row + 1 < positions) {
        mask.get(NDArrayIndex.point(row), NDArrayIndex.interval(first + row + 1, positions))
            .assign(Nd4jAttention.MASKED);
      }
    }
  }

  /** [h, T, d], a view. */
  private static INDArray keyValueHeads(Tensor tensor, AttentionShape shape) {
    return array(tensor)
        .reshape('c', shape.positions(), shape.keyValueHeads(), shape.headSize())
        .permute(1, 0, 2);
  }

  /** One query head of each group as [h, n, d], a view. */
  private static INDArray queryHeads(Tensor tensor, AttentionShape shape, int member) {
    return array(tensor)
        .reshape('c', tensor.rows(), shape.keyValueHeads(), shape.group(), shape.headSize())
        .get(NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.point(member), NDArrayIndex.all())
        .permute(1, 0, 2);
  }
}
