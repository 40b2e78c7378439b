package io.polyspark.model.tensor.vector;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.NewJvm;
import io.polyspark.model.tensor.operations.Float64;
import io.polyspark.model.tensor.operations.OperationsUnderTest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every operation against float64 on more threads than the one of the tests' own JVM. The number is
 * settled when a JVM starts.
 */
class SeveralThreadsTest {
  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void operations(String threads) throws Exception {
    new NewJvm()
        .flags("--add-modules=jdk.incubator.vector")
        .environment("OMP_NUM_THREADS", threads)
        .run(SeveralThreadsTest.class, threads);
  }

  /** Sizes at which every operation is split, not evenly. */
  public static void main(String[] args) {
    assertThat(Workers.shared().threads()).isEqualTo(Integer.parseInt(args[0]));
    Float64.assertClose(
        new VectorKernels(), kernels -> OperationsUnderTest.run(kernels, 331, 257, 1), 0.01);
    Float64.assertClose(
        new VectorKernels(Dtype.FLOAT32, 1 << 14),
        kernels -> OperationsUnderTest.crossEntropy(kernels, 331, 131, 257, 1),
        0.001);
    AttentionShape shape = new AttentionShape(5, 67, 2, 1, 34);
    Float64.assertClose(
        new VectorKernels(), kernels -> OperationsUnderTest.attention(kernels, shape, 1), 0.01);
    // More threads than there is work for.
    Float64.assertClose(
        new VectorKernels(), kernels -> OperationsUnderTest.run(kernels, 1, 7, 1), 0.01);
  }
}
