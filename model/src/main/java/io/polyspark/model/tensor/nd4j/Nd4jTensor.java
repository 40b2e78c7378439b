package io.polyspark.model.tensor.nd4j;

import io.polyspark.model.tensor.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A tensor over an ND4J array of rank 2, row-major and without gaps, with the views that products
 * need made once.
 */
public final class Nd4jTensor implements Tensor {
  private final INDArray array;
  private final INDArray transposed;

  private Nd4jTensor(INDArray array) {
    this.array = array;
    this.transposed = array.transpose();
  }

  /**
   * A tensor over somebody else's memory.
   *
   * @param array any row-major array without gaps, a view of a flat vector for instance
   * @return a view of it as [rows, columns]
   */
  public static Nd4jTensor view(INDArray array, long rows, long columns) {
    return new Nd4jTensor(array.reshape('c', rows, columns));
  }

  /**
   * Rows [from, to), a view; made from offset and stride, which takes a quarter of ND4J's indexing.
   */
  static Nd4jTensor rows(Tensor of, long from, long to) {
    INDArray array = array(of);
    long columns = of.columns();
    return new Nd4jTensor(
        Nd4j.create(
            array.data(),
            new long[] {to - from, columns},
            new long[] {columns, 1},
            array.offset() + from * columns,
            'c'));
  }

  static INDArray array(Tensor tensor) {
    return ((Nd4jTensor) tensor).array;
  }

  /** The array as [columns, rows], column-major: what BLAS takes without a copy. */
  static INDArray transposed(Tensor tensor) {
    return ((Nd4jTensor) tensor).transposed;
  }

  @Override
  public long rows() {
    return array.size(0);
  }

  @Override
  public long columns() {
    return array.size(1);
  }
}
