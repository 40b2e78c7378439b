package io.polyspark.model.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.tensor.nd4j.Nd4jKernels;
import io.polyspark.model.tensor.vector.VectorKernels;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Which kernels a JVM gets, and what its log says of them. */
class KernelsProviderTest {
  /** So that whatever computes in float32 in these tests computes with them. */
  @Test
  void theTestsOwnJvmHasTheVectorModule() {
    try (Kernels kernels = KernelsProvider.create(Precision.FLOAT32)) {
      assertThat(kernels).isInstanceOf(VectorKernels.class);
    }
  }

  @Test
  void float64IsForNd4j() {
    try (Kernels kernels = KernelsProvider.create(Precision.FLOAT64)) {
      assertThat(kernels).isInstanceOf(Nd4jKernels.class);
    }
  }

  @Test
  void withTheModule() throws Exception {
    assertThat(log(VectorKernels.class, "--add-modules=jdk.incubator.vector"))
        .containsOnlyOnce("Kernels: vector, ")
        .contains("(float32 on a CPU, with the module jdk.incubator.vector); BLAS core type: ");
  }

  @Test
  void withoutTheModuleTheLogNamesTheFlag() throws Exception {
    assertThat(log(Nd4jKernels.class))
        .containsOnlyOnce("Kernels: nd4j on CpuBackend")
        .contains("start the JVM with --add-modules jdk.incubator.vector");
  }

  /** What a new JVM says, with the log as users have it. */
  private static String log(Class<?> kernels, String... flags) throws Exception {
    Path configuration = Path.of(System.getProperty("conf.dir"), "log4j2.properties");
    return new NewJvm()
        .flags("-Dlog4j2.configurationFile=" + configuration.toUri())
        .flags(flags)
        .run(KernelsProviderTest.class, kernels.getName());
  }

  /** Makes kernels twice and computes with them. */
  public static void main(String[] args) {
    for (int i = 0; i < 2; i++) {
      try (Kernels kernels = KernelsProvider.create(Precision.FLOAT32)) {
        assertThat(kernels.getClass().getName()).isEqualTo(args[0]);
        Tensor a = kernels.allocate(1, 3);
        kernels.fill(a, 2);
        assertThat(kernels.sum(a)).isEqualTo(6);
      }
    }
  }
}
