package io.polyspark.model.tensor.vector;

import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.ProductRecording;

/**
 * The matrix products of linear layers, of some rows of their tensors, on all threads. A weight is
 * [out, in]; a tensor may have more columns than a layer reads of it. Not thread safe.
 */
interface Products extends AutoCloseable {
  /**
   * {@code y (+)= x weight^T}.
   *
   * @param x [rows, in] from row xRow on
   * @param y [rows, out] from row yRow on
   */
  void linear(
      VectorTensor x,
      long xRow,
      VectorTensor weight,
      VectorTensor y,
      long yRow,
      long rows,
      Into into);

  /**
   * {@code dX (+)= dY weight}.
   *
   * @param dY [rows, out] from row dYRow on
   * @param dX [rows, in] from row dXRow on
   */
  void inputGradient(
      VectorTensor dY,
      long dYRow,
      VectorTensor weight,
      VectorTensor dX,
      long dXRow,
      long rows,
      Into into);

  /**
   * {@code dWeight += dY^T x}.
   *
   * @param dY [rows, out] from row dYRow on
   * @param x [rows, in] from row xRow on
   */
  void weightGradient(
      VectorTensor dY, long dYRow, VectorTensor x, long xRow, long rows, VectorTensor dWeight);

  /** Begins to record, until what is returned is closed. */
  ProductRecording record();

  @Override
  void close();
}
