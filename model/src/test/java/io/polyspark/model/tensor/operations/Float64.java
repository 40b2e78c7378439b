package io.polyspark.model.tensor.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Precision;
import io.polyspark.model.tensor.nd4j.Nd4jKernels;
import java.util.Map;
import java.util.function.Function;

/** Holds kernels in float32 against {@link Nd4jKernels} in float64. */
public final class Float64 {
  /** Relative to the largest value of a tensor. */
  private static final double TOLERANCE = 2e-5;

  private Float64() {}

  /**
   * Runs operations on both.
   *
   * @param kernels closed when this returns
   * @param operations give what they computed by name
   * @param least what a tensor's values are held against where none is larger: they are what was
   *     left of a difference
   */
  public static void assertClose(
      Kernels kernels, Function<Kernels, Map<String, double[]>> operations, double least) {
    Map<String, double[]> expected;
    Map<String, double[]> found;
    try (Kernels oracle = new Nd4jKernels(Precision.FLOAT64);
        kernels) {
      expected = operations.apply(oracle);
      found = operations.apply(kernels);
    }
    assertThat(found).containsOnlyKeys(expected.keySet());
    expected.forEach((name, values) -> assertClose(name, found.get(name), values, least));
  }

  private static void assertClose(String name, double[] found, double[] expected, double least) {
    double largest = least;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      assertThat(expected[i]).as("%s[%d] in float64", name, i).isFinite();
      assertThat(found[i]).as("%s[%d]", name, i).isFinite();
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs(found[i] - expected[i]));
    }
    assertThat(difference / largest).as(name).isLessThanOrEqualTo(TOLERANCE);
  }
}
