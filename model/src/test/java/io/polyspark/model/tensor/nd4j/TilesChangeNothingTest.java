package io.polyspark.model.tensor.nd4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.Indices;
import io.polyspark.model.tensor.Precision;
import io.polyspark.model.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Attention and cross-entropy give the same whether their tiles hold everything or next to nothing.
 */
class TilesChangeNothingTest {
  private static final double ROUNDING = 1e-13;
  private static final int HEAD_SIZE = 2;
  private static final int KEPT_UP_TO = 4 * HEAD_SIZE;

  /** What an operation leaves behind, computed with kernels of one tile size. */
  private interface Operation {
    List<double[]> run(Nd4jKernels kernels);
  }

  @ParameterizedTest
  @ValueSource(ints = {KEPT_UP_TO, KEPT_UP_TO + 1})
  void attention(int positions) {
    AttentionShape shape = new AttentionShape(3, positions, 6, 3, HEAD_SIZE);
    assertTilesChangeNothing(kernels -> attention(kernels, shape), (long) positions * positions);
  }

  private static List<double[]> attention(Nd4jKernels kernels, AttentionShape shape) {
    int rows = shape.sequences() * shape.positions();
    int queries = shape.heads() * shape.headSize();
    int keys = shape.keyValueHeads() * shape.headSize();
    Random random = new Random(1);
    Tensor q = random(kernels, rows, queries, random);
    Tensor k = random(kernels, rows, keys, random);
    Tensor v = random(kernels, rows, keys, random);
    Tensor dOut = random(kernels, rows, queries, random);
    Tensor out = kernels.allocate(rows, queries);
    Tensor dQ = kernels.allocate(rows, queries);
    Tensor dK = kernels.allocate(rows, keys);
    Tensor dV = kernels.allocate(rows, keys);
    int keptPerRow = kernels.attentionKeptPerRow(shape);
    assertThat(keptPerRow > 0).isEqualTo(shape.positions() <= KEPT_UP_TO);
    Tensor kept = keptPerRow > 0 ? kernels.allocate(rows, keptPerRow) : null;

    kernels.attention(q, k, v, shape, kept, out);
    kernels.attentionGradient(q, k, v, out, dOut, shape, kept, dQ, dK, dV);
    return values(kernels, out, dQ, dK, dV);
  }

  @Test
  void crossEntropy() {
    assertTilesChangeNothing(TilesChangeNothingTest::crossEntropy, 2 * 11);
  }

  private static List<double[]> crossEntropy(Nd4jKernels kernels) {
    int rows = 7;
    int hidden = 5;
    int vocabulary = 11;
    Random random = new Random(2);
    Tensor x = random(kernels, rows, hidden, random);
    Tensor weight = random(kernels, vocabulary, hidden, random);
    Indices targets = kernels.allocateIndices(rows);
    kernels.upload(random.ints(rows, 0, vocabulary).toArray(), targets);
    Tensor losses = kernels.allocate(rows, 1);
    Tensor lossesAlone = kernels.allocate(rows, 1);
    Tensor dX = kernels.allocate(rows, hidden);
    Tensor dWeight = kernels.allocate(vocabulary, hidden);

    kernels.crossEntropyWithGradient(x, weight, targets, losses, dX, dWeight);
    kernels.crossEntropy(x, weight, targets, lossesAlone);
    return values(kernels, losses, lossesAlone, dX, dWeight);
  }

  private static void assertTilesChangeNothing(Operation operation, long smallTile) {
    List<double[]> whole;
    try (Nd4jKernels kernels = new Nd4jKernels(Precision.FLOAT64)) {
      whole = operation.run(kernels);
    }
    for (long tile : new long[] {1, smallTile, 2 * smallTile}) {
      try (Nd4jKernels kernels = new Nd4jKernels(Precision.FLOAT64, tile)) {
        List<double[]> tiled = operation.run(kernels);
        for (int i = 0; i < whole.size(); i++) {
          assertThat(tiled.get(i)).containsExactly(whole.get(i), within(ROUNDING));
        }
      }
    }
  }

  private static Tensor random(Nd4jKernels kernels, int rows, int columns, Random random) {
    Tensor tensor = kernels.allocate(rows, columns);
    kernels.upload(
        random.doubles((long) rows * columns).map(value -> 4 * value - 2).toArray(), tensor);
    return tensor;
  }

  private static List<double[]> values(Nd4jKernels kernels, Tensor... tensors) {
    List<double[]> all = new ArrayList<>();
    for (Tensor tensor : tensors) {
      double[] values = new double[Math.toIntExact(tensor.length())];
      kernels.download(tensor, values);
      all.add(values);
    }
    return all;
  }
}
