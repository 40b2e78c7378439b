package io.polyspark.model.tensor.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Routing;
import io.polyspark.model.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products of bfloat16 against float64 sums of the same rounded factors. */
class Bfloat16ProductsTest {
  /** Of float32 sums, relative to the sum of absolute values. */
  private static final double TOLERANCE = 1e-5;

  private static final double OLD = 0.75;

  private final Random random = new Random(7);

  @BeforeEach
  void onlyWhereTheProcessorCan() {
    assumeTrue(VectorKernels.multipliesBfloat16(), "skipped: this processor has no AVX-512 BF16");
  }

  @Test
  void roundsToNearestAndTiesToEven() {
    assertThat(rounded(1f)).isEqualTo(1f);
    // A last bit of bfloat16 at 1 is 2^-7.
    assertThat(rounded(1f + 0x1p-8f)).isEqualTo(1f);
    assertThat(rounded(1f + 3 * 0x1p-8f)).isEqualTo(1f + 0x1p-6f);
    assertThat(rounded(Math.nextUp(1f + 0x1p-8f))).isEqualTo(1f + 0x1p-7f);
    assertThat(rounded(Float.MAX_VALUE)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(rounded(Float.NEGATIVE_INFINITY)).isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(rounded(Float.MIN_VALUE)).isZero();
    assertThat(rounded(Float.intBitsToFloat(0x7fffffff))).isNaN();
    assertThat(rounded(Float.intBitsToFloat(0xff800001))).isNaN();
    assertThat(Float.floatToRawIntBits(rounded(-0f))).isEqualTo(0x80000000);
  }

  /** Whole vectors and the rest of a row, over the bits of all kinds of numbers. */
  @Test
  void vectorsRoundAsSingleNumbersDo() {
    int count = 1003;
    ByteBuffer from = buffer(count * Float.BYTES);
    ByteBuffer to = buffer(count * Short.BYTES);
    for (int round = 0; round < 1000; round++) {
      for (int i = 0; i < count; i++) {
        from.putInt(i * Float.BYTES, random.nextInt());
      }
      Bfloat16.round(from, 0, to, 0, count);
      for (int i = 0; i < count; i++) {
        assertThat(to.getShort(i * Short.BYTES))
            .isEqualTo(Bfloat16.of(from.getFloat(i * Float.BYTES)));
      }
    }
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  private static float rounded(float value) {
    return Float.intBitsToFloat(Bfloat16.of(value) << 16);
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "2, 3, 5", "17, 33, 7", "16, 64, 48", "101, 67, 129", "300, 130, 257"})
  void linear(int rows, int in, int out) {
    try (Kernels kernels = new VectorKernels(Dtype.BF16)) {
      Tensor x = filled(kernels, rows, in);
      Tensor weight = filled(kernels, out, in);
      Tensor dY = filled(kernels, rows, out);
      for (Into into : Into.values()) {
        Tensor y = old(kernels, rows, out);
        kernels.linear(x, weight, y, into);
        check(y, into, in, (i, j, k) -> of(x, i, k) * of(weight, j, k));

        Tensor dX = old(kernels, rows, in);
        kernels.linearInputGradient(dY, weight, dX, into);
        check(dX, into, out, (i, j, k) -> of(dY, i, k) * of(weight, k, j));
      }
      Tensor dWeight = old(kernels, out, in);
      kernels.linearWeightGradient(dY, x, dWeight);
      check(dWeight, Into.ADD, rows, (i, j, k) -> of(dY, k, i) * of(x, k, j));
    }
  }

  /** Experts with 0, 1 and many rows: neither rows nor sums of one reach into another's. */
  @Test
  void experts() {
    int rows = 61;
    int in = 19;
    int out = 34;
    Routing routing = new Routing(rows, 4, 1, Routing.Weights.PROBABILITIES);
    for (int row = 0; row < rows; row++) {
      int expert = row == 20 ? 1 : row % 3 == 0 ? 0 : 3;
      double[] scores = new double[4];
      scores[expert] = 1;
      routing.choose(row, scores, 0);
    }
    routing.sort();
    try (Kernels kernels = new VectorKernels(Dtype.BF16)) {
      Tensor x = filled(kernels, rows, in);
      Tensor dY = filled(kernels, rows, out);
      List<Tensor> weights = new ArrayList<>();
      List<Tensor> dWeights = new ArrayList<>();
      for (int expert = 0; expert < 4; expert++) {
        weights.add(filled(kernels, out, in));
        dWeights.add(old(kernels, out, in));
      }
      Tensor y = old(kernels, rows, out);
      kernels.expertsLinear(x, weights, routing, y, Into.OVERWRITE);
      check(
          y, Into.OVERWRITE, in, (i, j, k) -> of(x, i, k) * of(weights.get(at(routing, i)), j, k));
      Tensor dX = old(kernels, rows, in);
      kernels.expertsInputGradient(dY, weights, routing, dX, Into.ADD);
      check(dX, Into.ADD, out, (i, j, k) -> of(dY, i, k) * of(weights.get(at(routing, i)), k, j));
      kernels.expertsWeightGradient(dY, x, routing, dWeights);
      for (int expert = 0; expert < 4; expert++) {
        int begin = routing.begin(expert);
        check(
            dWeights.get(expert),
            Into.ADD,
            routing.end(expert) - begin,
            (i, j, k) -> of(dY, begin + k, i) * of(x, begin + k, j));
      }
    }
  }

  private static int at(Routing routing, int slot) {
    int expert = 0;
    while (slot >= routing.end(expert)) {
      expert++;
    }
    return expert;
  }

  private Tensor filled(Kernels kernels, int rows, int columns) {
    Tensor tensor = kernels.allocate(rows, columns);
    kernels.upload(random.doubles((long) rows * columns, -1, 1).toArray(), tensor);
    return tensor;
  }

  private static Tensor old(Kernels kernels, int rows, int columns) {
    Tensor tensor = kernels.allocate(rows, columns);
    double[] values = new double[rows * columns];
    Arrays.fill(values, OLD);
    kernels.upload(values, tensor);
    return tensor;
  }

  private static double of(Tensor tensor, int row, int column) {
    return rounded(VectorTensor.vector(tensor).get((long) row * tensor.columns() + column));
  }

  private interface Summand {
    double at(int row, int column, int k);
  }

  private static void check(Tensor found, Into into, int length, Summand summand) {
    for (int i = 0; i < found.rows(); i++) {
      for (int j = 0; j < found.columns(); j++) {
        double sum = into == Into.ADD ? OLD : 0;
        double size = sum;
        for (int k = 0; k < length; k++) {
          sum += summand.at(i, j, k);
          size += Math.abs(summand.at(i, j, k));
        }
        assertThat((double) VectorTensor.vector(found).get((long) i * found.columns() + j))
            .as("[%d, %d] of %s", i, j, into)
            .isCloseTo(sum, within(TOLERANCE * size));
      }
    }
  }
}
