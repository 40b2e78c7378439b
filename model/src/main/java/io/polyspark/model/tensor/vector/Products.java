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
   * @param left where a begins, [m, k] or, transposed, [k, m]
   * @param leftStride how far its rows are apart, in elements
   * @param right where b begins, [k, n] or, transposed, [n, k]
   * @param rightStride as leftStride
   * @param beta 0 or 1
   * @param out where the result begins, [m, n]
   * @param outStride as leftStride
   */
  void multiply(
      Op ofA,
      Op ofB,
      long m,
      long n,
      long k,
      long left,
      int leftStride,
      long right,
      int rightStride,
      float beta,
      long out,
      int outStride);

  /** Begins to record, until what is returned is closed. */
  ProductRecording record();

  @Override
  void close();
}
