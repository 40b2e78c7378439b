package io.polyspark.model.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaRequirementsTest {
  private static final GraphicsCard ADA = card(0, "535.104.05", 8, 9, "NVIDIA L40S");

  @Test
  void aMachineWithoutACardIsRefusedWithTheReason() {
    assertThat(CudaRequirements.OF_ND4J.problem(NvidiaSmi.read("No devices were found\n")))
        .contains(
            "The back end is CUDA's, but this machine has no GPU to run it on (nvidia-smi says: No"
                + " devices were found): take a machine with one, or use the default jar (leave"
                + " out POLYSPARK_BACKEND=cuda).");
  }

  @Test
  void aHopperCardIsRefusedInOneSentence() {
    NvidiaSmi hopper = NvidiaSmi.read("0, GPU-1a, 550.54.15, 81559, 9.0, NVIDIA H100 80GB HBM3\n");
    assertThat(CudaRequirements.OF_ND4J.problem(hopper))
        .contains(
            "NVIDIA H100 80GB HBM3 has compute capability 9.0, but ND4J's CUDA back end holds"
                + " machine code for 3.7, 5.0, 5.2, 6.0, 6.1, 7.0, 7.5, 8.0, 8.6 and no PTX: use"
                + " the default jar, whose own kernels run on it (leave out"
                + " POLYSPARK_BACKEND=cuda).");
    assertThat(CudaRequirements.OF_ND4J.code(ADA)).isEmpty();
  }

  @Test
  void anOldDriverIsRefusedByNumberNotByLetter() {
    assertThat(CudaRequirements.OF_ND4J.driver(card(0, "440.118.02", 7, 0, "V100")))
        .contains(
            "The NVIDIA driver is 440.118.02, but CUDA 11.6 needs 450.80.02 or newer: install a"
                + " newer driver.");
    for (String driver : List.of("450.80.02", "450.102.04", "510.39.01", "1000.1")) {
      assertThat(CudaRequirements.OF_ND4J.driver(card(0, driver, 7, 0, "V100"))).isEmpty();
    }
  }

  @Test
  void aModelThatIsLargerThanTheCardIsRefusedWithBothSizes() {
    assertThat(CudaRequirements.OF_ND4J.memory(ADA, 1L << 30)).isEmpty();
    assertThat(CudaRequirements.OF_ND4J.memory(ADA, 3L << 30).orElseThrow())
        .startsWith("NVIDIA L40S has 2,048 MiB of memory, but a replica of this model needs 3,072");
  }

  @Test
  void cudaCountsTheCardsThatAProcessMaySee() {
    assertThat(DeviceChoice.ordinal("3", null, List::of)).isEqualTo(3);
    assertThat(DeviceChoice.ordinal("3", "1, 3", List::of)).isEqualTo(1);
    List<GraphicsCard> cards = List.of(ADA, card(1, "535.104.05", 8, 9, "NVIDIA L40S"));
    assertThat(DeviceChoice.ordinal("1", "GPU-0,GPU-1", () -> cards)).isEqualTo(1);
    assertThatThrownBy(() -> DeviceChoice.ordinal("1", "GPU-0", () -> cards))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(
            "Spark hands out GPU 1, but CUDA_VISIBLE_DEVICES=GPU-0 hides it from this process:");
    assertThatThrownBy(() -> DeviceChoice.ordinal("GPU-0", null, () -> cards))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("Spark hands out the GPU 'GPU-0', but PolySpark needs indices");
  }

  @Test
  void librariesThatAreNotThereAreNamed(@TempDir Path directory) throws IOException {
    String cache = "\tlibcublas.so.11 (libc6,x86-64) => /usr/lib/libcublas.so.11\n";
    assertThat(CudaLibraries.OF_ND4J.problem(List.of(directory), cache).orElseThrow())
        .startsWith("libcusolver.so.11 of CUDA 11, which ND4J's CUDA back end is linked with,");
    Files.createFile(directory.resolve("libcusolver.so.11"));
    assertThat(CudaLibraries.OF_ND4J.problem(List.of(directory), cache)).isEmpty();
  }

  private static GraphicsCard card(int index, String driver, int major, int minor, String name) {
    return new GraphicsCard(
        index,
        "GPU-" + index,
        driver,
        OptionalLong.of(2L << 30),
        new GraphicsCard.Capability(major, minor),
        name);
  }
}
