package io.polyspark.model.tensor.cuda;

import static io.polyspark.model.tensor.cuda.CudaTensor.cuda;
import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.Precision;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.nd4j.Nd4jKernels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

/**
 * The card under test beside {@link Nd4jKernels} in float64: tensors of both hold the same numbers,
 * exact in the card's type, and what operations make of them is compared.
 */
final class CardAndOracle implements AutoCloseable {
  /** Relative to the largest value of a tensor. */
  private static final double F32_TOLERANCE = 1e-5;

  private static final double BF16_TOLERANCE = 1e-2;

  private final Nd4jKernels oracle = new Nd4jKernels(Precision.FLOAT64);
  private final CudaSession session = new CudaSession(0, Dtype.FLOAT32);
  private final Random random = new Random(17);
  private final List<double[]> results = new ArrayList<>();
  private int tensors;

  /** A tensor on the card and its double. */
  record Pair(CudaTensor card, Tensor oracle) {}

  /**
   * Runs operations in every order: each time the results must be close to the oracle's, and the
   * bits of all times the same.
   */
  static void inEveryOrder(Consumer<CardAndOracle> operations) {
    List<List<double[]>> found = new ArrayList<>();
    CardUnderTest.inEveryOrder(
        schedule -> {
          try (CardAndOracle both = new CardAndOracle()) {
            operations.accept(both);
            found.add(both.results);
          }
          assertThat(found.get(found.size() - 1))
              .as("in the order %s", schedule)
              .containsExactlyElementsOf(found.get(0));
        });
  }

  Nd4jKernels oracle() {
    return oracle;
  }

  Launcher card() {
    return session;
  }

  /** Normally distributed, but for every third row, which is zero. */
  Pair normal(ElementType type, int rows, int columns) {
    return of(type, rows, columns, i -> i / columns % 3 == 2 ? 0 : random.nextGaussian());
  }

  /** In [0, 1). */
  Pair uniform(ElementType type, int rows, int columns) {
    return of(type, rows, columns, i -> random.nextDouble());
  }

  /** For what is overwritten: what it held before shows in the result. */
  Pair unset(ElementType type, int rows, int columns) {
    return of(type, rows, columns, i -> Double.NaN);
  }

  Pair of(ElementType type, double... values) {
    return of(type, 1, values.length, i -> values[i]);
  }

  private interface Values {
    double at(int index);
  }

  private Pair of(ElementType type, int rows, int columns, Values values) {
    float[] rounded = new float[rows * columns];
    double[] exact = new double[rounded.length];
    for (int i = 0; i < rounded.length; i++) {
      rounded[i] = round(type, (float) values.at(i));
      exact[i] = rounded[i];
    }
    CudaTensor card = session.scratch("test " + tensors++, rows, columns, type);
    session.write(rounded, card);
    Tensor doubled = oracle.allocate(rows, columns);
    oracle.upload(exact, doubled);
    return new Pair(card, doubled);
  }

  private static float round(ElementType type, float value) {
    if (type == ElementType.F32 || Float.isNaN(value)) {
      return value;
    }
    int bits = Float.floatToRawIntBits(value);
    int even = bits >>> 16 & 1;
    return Float.intBitsToFloat((bits + 0x7fff + even) & 0xffff0000);
  }

  /** Rows [from, to) of both, over the same memory. */
  Pair rows(Pair of, int from, int to) {
    return new Pair(of.card().rows(from, to), oracle.rows(of.oracle(), from, to));
  }

  /** Sums that differ from their terms' sizes are held against those. */
  void assertClose(String name, Pair pair, double least) {
    double[] found = new double[Math.toIntExact(pair.card().length())];
    double[] expected = new double[found.length];
    session.read(cuda(pair.card()), found);
    oracle.download(pair.oracle(), expected);
    boolean exact = pair.card().type() == ElementType.F32;
    assertClose(name, found, expected, least, exact ? F32_TOLERANCE : BF16_TOLERANCE);
  }

  void assertClose(String name, Pair pair) {
    assertClose(name, pair, 1e-3);
  }

  /** A number that an operation gives. */
  void assertClose(String name, DoubleSupplier found, double expected) {
    double[] value = {found.getAsDouble()};
    assertClose(name, value, new double[] {expected}, 1, F32_TOLERANCE);
  }

  private void assertClose(
      String name, double[] found, double[] expected, double least, double tolerance) {
    double largest = Math.max(least, Arrays.stream(expected).map(Math::abs).max().orElse(0));
    for (int i = 0; i < expected.length; i++) {
      assertThat(found[i]).as("%s[%d]", name, i).isFinite();
      assertThat(Math.abs(found[i] - expected[i]) / largest)
          .as("%s[%d] is %s, not %s", name, i, found[i], expected[i])
          .isLessThanOrEqualTo(tolerance);
    }
    results.add(found);
  }

  @Override
  public void close() {
    session.close();
    oracle.close();
  }
}
