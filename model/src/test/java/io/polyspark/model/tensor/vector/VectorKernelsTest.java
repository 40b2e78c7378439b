package io.polyspark.model.tensor.vector;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Precision;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.nd4j.Nd4jFlatVector;
import io.polyspark.model.tensor.nd4j.Nd4jKernels;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Every operation against {@link Nd4jKernels} in float64. */
class VectorKernelsTest {
  /** Relative to the largest value of a tensor. */
  private static final double TOLERANCE = 2e-5;

  /**
   * A tensor whose values are all this small beside its inputs is what was left of a difference.
   */
  private static final double CANCELLED = 1e-2;

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "1, 17, 1",
    "2, 16, 1",
    "3, 5, 1",
    "7, 31, 1",
    "5, 64, 1",
    "67, 129, 1",
    "301, 257, 1",
    "64, 512, 1",
    "7, 31, 1e-8",
    "7, 31, 30",
    "67, 129, 1000",
  })
  void operations(int rows, int columns, double scale) {
    assertSame(kernels -> OperationsUnderTest.run(kernels, rows, columns, scale), scale);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 1, 2, 1", "2, 5, 3, 3, 6, 1", "1, 63, 4, 2, 16, 1", "2, 64, 4, 1, 32, 1",
    "1, 65, 2, 2, 34, 1", "1, 257, 2, 1, 8, 1", "1, 521, 4, 2, 16, 1", "1, 67, 2, 2, 16, 1e-8",
    "1, 300, 2, 2, 16, 10",
  })
  void attention(
      int sequences, int positions, int heads, int keyValueHeads, int headSize, double scale) {
    AttentionShape shape = new AttentionShape(sequences, positions, heads, keyValueHeads, headSize);
    assertSame(kernels -> OperationsUnderTest.attention(kernels, shape, scale), scale);
  }

  private static void assertSame(
      Function<Kernels, Map<String, double[]>> operations, double scale) {
    Map<String, double[]> expected;
    Map<String, double[]> found;
    try (Kernels oracle = new Nd4jKernels(Precision.FLOAT64);
        Kernels vector = new VectorKernels()) {
      expected = operations.apply(oracle);
      found = operations.apply(vector);
    }
    assertThat(found).containsOnlyKeys(expected.keySet());
    double least = CANCELLED * Math.min(1, scale);
    expected.forEach((name, values) -> assertClose(name, found.get(name), values, least));
  }

  private static void assertClose(String name, double[] found, double[] expected, double least) {
    double largest = least;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs(found[i] - expected[i]));
      assertThat(found[i]).as("%s[%d]", name, i).isFinite();
    }
    assertThat(difference / largest).as(name).isLessThanOrEqualTo(TOLERANCE);
  }

  /** What DL4J holds is itself often a piece of something longer. */
  @Test
  void viewsOfAFlatVectorShareItsMemory() {
    float[] numbers = new float[100];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = i;
    }
    try (INDArray whole = Nd4j.createFromArray(numbers);
        Kernels kernels = new VectorKernels()) {
      INDArray piece = whole.get(NDArrayIndex.interval(10, 90));
      Tensor view = kernels.view(new Nd4jFlatVector(piece), 5, 3, 4);
      double[] values = new double[12];
      kernels.download(view, values);
      assertThat(values).containsExactly(15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26);
      kernels.fill(view, -1);
      assertThat(whole.getFloat(14)).isEqualTo(14);
      assertThat(whole.getFloat(15)).isEqualTo(-1);
      assertThat(whole.getFloat(26)).isEqualTo(-1);
      assertThat(whole.getFloat(27)).isEqualTo(27);
    }
  }
}
