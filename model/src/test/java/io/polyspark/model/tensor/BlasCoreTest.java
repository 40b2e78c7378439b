package io.polyspark.model.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BlasCoreTest {
  private static final String AVX2 = "fpu sse2 avx fma avx2 bmi2";
  private static final String AVX512 = AVX2 + " avx512f avx512dq avx512cd avx512bw avx512vl";

  @ParameterizedTest
  @CsvSource({
    "GenuineIntel, " + AVX512 + " amx_tile, SKYLAKEX",
    "GenuineIntel, " + AVX2 + ", HASWELL",
    "GenuineIntel, " + AVX2 + " avx512f, HASWELL",
    "GenuineIntel, fpu sse2 avx, ''",
    "AuthenticAMD, " + AVX512 + ", SKYLAKEX",
    "AuthenticAMD, " + AVX2 + ", ZEN",
    "SomebodyElse, " + AVX2 + ", ''",
    "SomebodyElse, " + AVX512 + ", ''",
  })
  void namesWhatTheProcessorCanDo(String vendor, String flags, String type) {
    String one = "vendor_id\t: %s\nmodel\t\t: 207\nflags\t\t: %s\n\n".formatted(vendor, flags);

    assertThat(BlasCore.typeOf(one + one).orElse("")).isEqualTo(type);
  }

  @Test
  void leavesTheChoiceToOpenBlasWhereNothingIsKnown() {
    assertThat(BlasCore.typeOf("")).isEmpty();
  }

  @Test
  void openBlasRunsWhatWasNamed() throws Exception {
    Path processors = Path.of("/proc/cpuinfo");
    assumeTrue(Files.isReadable(processors), "skipped: only Linux describes its processors so");
    String type = BlasCore.typeOf(Files.readString(processors)).orElse("");
    assumeTrue(!type.isEmpty(), "skipped: OpenBLAS chooses for itself on this processor");

    // OpenBLAS says which type it took, when it is loaded.
    assertThat(coreOfANewJvm("")).isEqualToIgnoringCase("Core: " + type);
    assertThat(coreOfANewJvm("NEHALEM")).isEqualTo("Core: Nehalem");
  }

  private static String coreOfANewJvm(String given) throws IOException, InterruptedException {
    String said =
        new NewJvm()
            .environment("OPENBLAS_CORETYPE", given)
            .environment("OPENBLAS_VERBOSE", "2")
            .run(BlasCoreTest.class);
    return said.lines().filter(line -> line.startsWith("Core: ")).findFirst().orElse(said);
  }

  /** Multiplies two matrices, as any user of kernels does. */
  public static void main(String[] args) {
    try (Kernels kernels = KernelsProvider.create(Precision.FLOAT32)) {
      Tensor x = kernels.allocate(2, 3);
      Tensor weight = kernels.allocate(4, 3);
      kernels.linear(x, weight, kernels.allocate(2, 4), Into.OVERWRITE);
    }
  }
}
