package io.polyspark.model.tensor.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What kernels are compiled for, by the card and by what NVRTC 13.0 knows. */
class ArchitectureTest {
  private static final int[] KNOWN = {75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121};

  @ParameterizedTest
  @CsvSource({
    "8, 0, sm_80, true",
    "8, 6, sm_86, true",
    "8, 9, sm_89, true",
    "9, 0, sm_90a, true",
    "10, 0, sm_100a, true",
    "12, 1, sm_121a, true",
    // Newer than the compiler: code of the same major version, without what only its own card has.
    "10, 1, sm_100, true",
    "12, 3, sm_121, true",
    // Of a major version that it does not know: PTX, which the driver compiles.
    "13, 0, compute_121, false",
  })
  void isOfTheCard(int major, int minor, String name, boolean machineCode) {
    Architecture architecture = Architecture.of(major, minor, KNOWN);
    assertThat(architecture).isEqualTo(new Architecture(name, machineCode));
    assertThat(architecture.option()).isEqualTo("--gpu-architecture=" + name);
  }

  @Test
  void refusesCardsThatTheCompilerHasForgotten() {
    assertThatThrownBy(() -> Architecture.of(6, 1, KNOWN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("NVRTC compiles for no card as old as 6.1");
  }
}
