package io.polyspark.model.tensor.nd4j;

import io.polyspark.model.tensor.Into;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Products by the BLAS behind ND4J, on views and without copies. */
final class Blas {
  private Blas() {}

  /**
   * {@code c (+)= a b}.
   *
   * @param c column-major: the transposed view of a row-major array
   */
  static void product(INDArray a, INDArray b, INDArray c, Into into) {
    Nd4j.getBlasWrapper().level3().gemm(a, b, c, false, false, 1, into == Into.ADD ? 1 : 0);
  }

  /**
   * {@code perRow[i] = sum over j of a[i][j]}: BLAS takes a product with ones in a fraction of the
   * time of ND4J's reductions.
   *
   * @param a [rows, columns] row-major
   * @param ones [columns, 1]
   * @param perRow [rows, 1]
   */
  static void sumOverColumns(INDArray a, INDArray ones, INDArray perRow) {
    product(ones.transpose(), a.transpose(), perRow.transpose(), Into.OVERWRITE);
  }

  /** {@code y += factor * x}, over all elements. */
  static void addScaled(INDArray x, double factor, INDArray y) {
    Nd4j.getBlasWrapper().level1().axpy(x.length(), factor, x, y);
  }

  /** The sum over all elements of {@code x * y}. */
  static double dot(INDArray x, INDArray y) {
    return Nd4j.getBlasWrapper().level1().dot(x.length(), 1, x, y);
  }
}
