package io.polyspark.model.tensor.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.Indices;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Precision;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.nd4j.Nd4jKernels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * A session on the card under test with tensors for a test, beside the kernels in float64 that its
 * results are held against.
 */
final class SessionUnderTest implements AutoCloseable {
  private final CudaSession session;
  private final Kernels exact = new Nd4jKernels(Precision.FLOAT64);
  private final List<Extent> extents = new ArrayList<>();
  private final List<double[]> results = new ArrayList<>();
  private final Random random = new Random(11);

  private SessionUnderTest(Dtype dtype) {
    this.session = new CudaSession(0, dtype);
  }

  /** Runs a test in every order, with the same random numbers, and compares its results' bits. */
  static void inEveryOrder(Dtype dtype, Consumer<SessionUnderTest> test) {
    List<double[][]> found = new ArrayList<>();
    CardUnderTest.inEveryOrder(
        schedule -> {
          try (SessionUnderTest card = new SessionUnderTest(dtype)) {
            test.accept(card);
            found.add(card.results.toArray(double[][]::new));
          }
          assertThat(found.get(found.size() - 1))
              .as("in the order %s", schedule)
              .isDeepEqualTo(found.get(0));
        });
  }

  CudaSession session() {
    return session;
  }

  /** ND4J's kernels in float64. */
  Kernels exact() {
    return exact;
  }

  Random random() {
    return random;
  }

  /** Numbers that both types have, of a normal distribution. */
  double[] normal(long count) {
    return random.doubles(count, -1, 1).map(x -> rounded(4 * x * x * x)).toArray();
  }

  private static double rounded(double x) {
    return Float.intBitsToFloat(Float.floatToIntBits((float) x) & 0xffff0000);
  }

  CudaTensor tensor(double[] values, long rows, long columns, ElementType type) {
    return tensor(values, rows, columns, type, 0);
  }

  /**
   * @param skipped elements of the type before the first, which decide how it is aligned
   */
  CudaTensor tensor(double[] values, long rows, long columns, ElementType type, int skipped) {
    CudaTensor tensor =
        new CudaTensor(
            memory((skipped + rows * columns) * type.bytes()),
            (long) skipped * type.bytes(),
            rows,
            columns,
            type);
    float[] numbers = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      numbers[i] = (float) values[i];
    }
    session.write(numbers, tensor);
    return tensor;
  }

  /** What is overwritten: what it held before would show. */
  CudaTensor unset(long rows, long columns, ElementType type) {
    double[] values = new double[Math.toIntExact(rows * columns)];
    Arrays.fill(values, Double.NaN);
    return tensor(values, rows, columns, type);
  }

  CudaIndices ids(int... values) {
    CudaIndices ids =
        new CudaIndices(memory((long) values.length * Integer.BYTES), 0, values.length);
    session.write(values, ids);
    return ids;
  }

  private Extent memory(long bytes) {
    Extent extent = new Extent(session, "a test");
    extent.plan(bytes);
    extents.add(extent);
    return extent;
  }

  /** The same numbers for {@link #exact}. */
  Tensor exact(double[] values, long rows, long columns) {
    Tensor tensor = exact.allocate(rows, columns);
    exact.upload(values, tensor);
    return tensor;
  }

  Indices exactIds(int... values) {
    Indices ids = exact.allocateIndices(values.length);
    exact.upload(values, ids);
    return ids;
  }

  /** Elements of a tensor; they are compared between orders. */
  double[] read(CudaTensor tensor) {
    double[] values = new double[Math.toIntExact(tensor.length())];
    session.read(tensor, values);
    results.add(values);
    return values;
  }

  /** As of a tensor. */
  int[] read(CudaIndices ids) {
    int[] values = new int[ids.length()];
    session.read(ids, values);
    results.add(Arrays.stream(values).asDoubleStream().toArray());
    return values;
  }

  /** A tensor is what it should be, to a part of the largest number in it. */
  void check(String name, CudaTensor actual, Tensor expected, double tolerance) {
    double[] values = new double[Math.toIntExact(expected.length())];
    exact.download(expected, values);
    check(name, read(actual), values, tolerance);
  }

  static void check(String name, double[] actual, double[] expected, double tolerance) {
    assertThat(actual).as(name).hasSameSizeAs(expected);
    double largest = 1e-30;
    for (double value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (int i = 0; i < expected.length; i++) {
      // Most numbers are right: only where one is not is a description worth its time.
      if (!(Math.abs(actual[i] - expected[i]) <= tolerance * largest)) {
        assertThat(actual[i])
            .as("%s, element %d of %d", name, i, expected.length)
            .isCloseTo(expected[i], within(tolerance * largest));
      }
    }
  }

  @Override
  public void close() {
    session.synchronise();
    extents.forEach(Extent::close);
    session.close();
    exact.close();
  }
}
