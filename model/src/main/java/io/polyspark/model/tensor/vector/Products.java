package io.polyspark.model.tensor.vector;

import io.polyspark.model.tensor.ProductRecording;

/**
 * Matrix products on row-major memory of float32 with strides, on all threads: {@code out[m, n] =
 * ofA(a)[m, k] ofB(b)[k, n] + beta out}. Not thread safe.
 */
interface Products extends AutoCloseable {
  /** Whether a factor is read by columns. */
  enum Op {
    NONE,
    TRANSPOSED
  }

  /**
   * Multiplies.
   *
   * @param a holds the left factor, [m, k] or, transposed, [k, m], in the first columns of its rows
   * @param aRow where the left factor begins
   * @param b holds the right factor, [k, n] or, transposed, [n, k]
   * @param bRow where the right factor begins
   * @param beta 0 or 1
   * @param out holds the result, [m, n]
   * @param outRow where the result begins
   */
  void multiply(
      Op ofA,
      Op ofB,
      long m,
      long n,
      long k,
      VectorTensor a,
      long aRow,
      VectorTensor b,
      long bRow,
      float beta,
      VectorTensor out,
      long outRow);

  /** Begins to record, until what is returned is closed. */
  ProductRecording record();

  @Override
  void close();
}
