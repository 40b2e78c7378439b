package io.polyspark.model.tensor.cuda;

import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.operations.Float64;
import io.polyspark.model.tensor.operations.OperationsUnderTest;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every operation of a card in float32 against float64, at sizes that are 1, prime, and mostly no
 * multiples of what kernels work on at a time.
 */
class CudaKernelsTest {
  @BeforeAll
  static void device() {
    CardUnderTest.require();
  }

  private static Kernels kernels() {
    return new CudaKernels(new CudaSession(0, Dtype.FLOAT32));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "1, 17, 1",
    "3, 5, 1",
    "7, 31, 1",
    "5, 64, 1",
    "67, 129, 1",
    "7, 31, 1e-8",
    "7, 31, 30",
    "37, 132, 1000",
  })
  void operations(int rows, int columns, double scale) {
    Float64.assertClose(
        kernels(),
        kernels -> OperationsUnderTest.run(kernels, rows, columns, scale),
        least(columns, scale));
  }

  private static double least(int length, double scale) {
    return (length == 1 ? 0.1 : 0.01) * Math.min(1, scale);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 1, 2, 1",
    "3, 1, 4, 2, 34, 1",
    "2, 5, 3, 3, 6, 1",
    "2, 7, 6, 2, 2, 1",
    "1, 63, 4, 2, 16, 1",
    "2, 64, 4, 1, 32, 1",
    "2, 67, 4, 2, 34, 1",
    "1, 131, 2, 1, 64, 1",
    "1, 67, 2, 2, 16, 1e-8",
    "1, 131, 2, 1, 6, 10",
  })
  void attention(
      int sequences, int positions, int heads, int keyValueHeads, int headSize, double scale) {
    AttentionShape shape = new AttentionShape(sequences, positions, heads, keyValueHeads, headSize);
    Float64.assertClose(
        kernels(),
        kernels -> OperationsUnderTest.attention(kernels, shape, scale),
        least(positions, scale));
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "7, 5, 11", "65, 33, 257"})
  void crossEntropy(int rows, int columns, int vocabulary) {
    Float64.assertClose(
        kernels(),
        kernels -> OperationsUnderTest.crossEntropy(kernels, rows, columns, vocabulary, 1),
        0.01);
  }
}
