package io.polyspark.model.tensor.cuda;

import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CudaCrossEntropyTest {
  /** Of products that add up to 50,304 numbers in float32, one after the other. */
  private static final double FLOAT32 = 1e-4;

  private static final double BFLOAT16 = 1e-2;

  /** One tile and several, rows that begin at any address, vocabularies beyond a block's reach. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 2, 1000",
    "7, 13, 31, 1000",
    "7, 13, 31, 62",
    "5, 8, 257, 1",
    "140, 4, 64, 8300",
    "3, 6, 9973, 20000",
    "2, 4, 50304, 100000"
  })
  void isThatOfNd4jInFloat64(int rows, int columns, int vocabulary, long tileElements) {
    SessionUnderTest.inEveryOrder(
        Dtype.FLOAT32,
        card -> run(card, rows, columns, vocabulary, tileElements, ElementType.F32, FLOAT32));
    SessionUnderTest.inEveryOrder(
        Dtype.BF16,
        card -> run(card, rows, columns, vocabulary, tileElements, ElementType.BF16, BFLOAT16));
  }

  private static void run(
      SessionUnderTest card,
      int rows,
      int columns,
      int vocabulary,
      long tileElements,
      ElementType type,
      double tolerance) {
    double[] x = card.normal((long) rows * columns);
    double[] weight = card.normal((long) vocabulary * columns);
    double[] gradient = card.normal((long) vocabulary * columns);
    int[] targets = card.random().ints(rows, 0, vocabulary).toArray();
    targets[0] = 0;
    targets[rows - 1] = vocabulary - 1;
    CudaTensor xOnCard = card.tensor(x, rows, columns, type);
    CudaTensor weightOnCard = card.tensor(weight, vocabulary, columns, type);
    CudaIndices targetsOnCard = card.ids(targets);
    CudaTensor losses = card.unset(rows, 1, ElementType.F32);
    CudaTensor lossesAlone = card.unset(rows, 1, ElementType.F32);
    CudaTensor dX = card.unset(rows, columns, type);
    CudaTensor dWeight = card.tensor(gradient, vocabulary, columns, ElementType.F32);
    CudaProducts products = new CudaProducts(card.session(), new CudaElementwise(card.session()));
    CudaCrossEntropy crossEntropy = new CudaCrossEntropy(card.session(), products, tileElements);
    crossEntropy.crossEntropy(xOnCard, weightOnCard, targetsOnCard, lossesAlone);
    crossEntropy.crossEntropyWithGradient(
        xOnCard, weightOnCard, targetsOnCard, losses, dX, dWeight);

    Tensor expectedLosses = card.exact(new double[rows], rows, 1);
    Tensor expectedDX = card.exact(new double[rows * columns], rows, columns);
    Tensor expectedDWeight = card.exact(gradient, vocabulary, columns);
    card.exact()
        .crossEntropyWithGradient(
            card.exact(x, rows, columns),
            card.exact(weight, vocabulary, columns),
            card.exactIds(targets),
            expectedLosses,
            expectedDX,
            expectedDWeight);
    card.check("losses", losses, expectedLosses, 1e-5);
    card.check("losses alone", lossesAlone, expectedLosses, 1e-5);
    card.check("dX", dX, expectedDX, tolerance);
    card.check("dWeight", dWeight, expectedDWeight, tolerance);
  }
}
