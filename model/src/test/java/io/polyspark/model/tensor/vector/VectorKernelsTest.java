package io.polyspark.model.tensor.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.nd4j.Nd4jFlatVector;
import io.polyspark.model.tensor.operations.Float64;
import io.polyspark.model.tensor.operations.InputsAndResults;
import io.polyspark.model.tensor.operations.OperationsUnderTest;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Every operation against float64, at sizes that are 1, prime, and mostly no multiples of the
 * lanes, on tiny and large numbers, with rows of zeros.
 */
class VectorKernelsTest {
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
    Float64.assertClose(
        new VectorKernels(),
        kernels -> OperationsUnderTest.run(kernels, rows, columns, scale),
        least(columns, scale));
  }

  /**
   * The gradient through the norm of a row, or through a softmax, is a difference, of which nothing
   * is left where there is one number.
   */
  private static double least(int length, double scale) {
    return (length == 1 ? 0.1 : 0.01) * Math.min(1, scale);
  }

  /** Tiles are of 64 queries and 256 keys. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 1, 2, 1",
    "3, 1, 4, 2, 34, 1",
    "2, 5, 3, 3, 6, 1",
    "2, 7, 6, 2, 2, 1",
    "1, 63, 4, 2, 16, 1",
    "2, 64, 4, 1, 32, 1",
    "1, 65, 2, 2, 34, 1",
    "2, 67, 4, 2, 34, 1",
    "1, 257, 2, 1, 8, 1",
    "2, 257, 3, 1, 6, 1",
    "1, 331, 4, 2, 2, 1",
    "1, 331, 3, 3, 34, 1",
    "1, 521, 4, 2, 16, 1",
    "1, 67, 2, 2, 16, 1e-8",
    "1, 331, 2, 1, 6, 1e-8",
    "1, 331, 2, 1, 6, 10",
  })
  void attention(
      int sequences, int positions, int heads, int keyValueHeads, int headSize, double scale) {
    AttentionShape shape = new AttentionShape(sequences, positions, heads, keyValueHeads, headSize);
    Float64.assertClose(
        new VectorKernels(),
        kernels -> OperationsUnderTest.attention(kernels, shape, scale),
        least(positions, scale));
  }

  /**
   * Not against float64: ND4J's softmax is NaN there for a row whose scores are all below -745.
   * Keys are one of d unit vectors in turn, and queries the same times a large number: positive, a
   * query sees only the keys like it, negative, only the others.
   */
  @ParameterizedTest
  @ValueSource(doubles = {1e6, -1e6})
  void attentionWhereScoresAreFarApart(double size) {
    int d = 34;
    AttentionShape shape = new AttentionShape(1, 331, 1, 1, d);
    double[] q = new double[shape.positions() * d];
    double[] k = new double[q.length];
    for (int t = 0; t < shape.positions(); t++) {
      q[t * d + t % d] = size;
      k[t * d + t % d] = 1;
    }
    try (Kernels kernels = new VectorKernels()) {
      InputsAndResults data = new InputsAndResults(kernels, 1);
      Tensor v = data.uniform(shape.positions(), d);
      Tensor kept = data.unset(shape.positions(), 1);
      Tensor out = data.unset(shape.positions(), d);
      kernels.attention(
          data.upload(q, shape.positions(), d),
          data.upload(k, shape.positions(), d),
          v,
          shape,
          kept,
          out);
      data.keep("v", v);
      data.keep("out", out);
      double[] means = meansOfSeen(data.results().get("v"), d, size > 0);
      assertThat(data.results().get("out")).containsExactly(means, within(1e-6));
    }
  }

  /** Of the values of keys like each query, or of the others; of the first where there are none. */
  private static double[] meansOfSeen(double[] v, int d, boolean alike) {
    double[] means = new double[v.length];
    for (int t = 0; t < v.length / d; t++) {
      int query = t;
      int[] seen =
          IntStream.rangeClosed(0, t).filter(key -> (key % d == query % d) == alike).toArray();
      int[] keys = seen.length == 0 ? new int[] {0} : seen;
      for (int i = 0; i < d; i++) {
        for (int key : keys) {
          means[t * d + i] += v[key * d + i] / keys.length;
        }
      }
    }
    return means;
  }

  /** A tile never holds less than one row. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 1, 1",
    "7, 5, 11, 1, 1",
    "7, 5, 11, 23, 1",
    "67, 17, 31, 100, 1",
    "67, 16, 32, 96, 1",
    "67, 17, 33, 1000, 1",
    "131, 31, 257, 4000, 1",
    "131, 31, 257, 4000, 1e-8",
    "131, 31, 257, 4000, 1000",
    "13, 7, 5003, 20000, 1",
  })
  void crossEntropyInTiles(int rows, int columns, int vocabulary, long tileElements, double scale) {
    Float64.assertClose(
        new VectorKernels(Dtype.FLOAT32, tileElements),
        kernels -> OperationsUnderTest.crossEntropy(kernels, rows, columns, vocabulary, scale),
        1e-3 * Math.min(1, scale));
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
