package io.polyspark.model.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class NvidiaSmiTest {
  @Test
  void readsACardPerLineAndPassesOverTheRest() {
    assertThat(
            NvidiaSmi.read(
                    """
                    0, GPU-1a, 550.54.15, 81559, 9.0, NVIDIA H100 80GB HBM3
                    1, GPU-2b, 550.54.15, 15360, 7.5, Tesla T4
                    Something else.
                    2, GPU-3c, 550.54.15, [N/A], 8.6, GRID, unlicensed
                    3, GPU-4d, 550.54.15, 4096, [N/A], NVIDIA A2
                    """)
                .cards())
        .containsExactly(
            card(0, "GPU-1a", OptionalLong.of(81559L << 20), 9, 0, "NVIDIA H100 80GB HBM3"),
            card(1, "GPU-2b", OptionalLong.of(15360L << 20), 7, 5, "Tesla T4"),
            card(2, "GPU-3c", OptionalLong.empty(), 8, 6, "GRID, unlicensed"));
  }

  @Test
  void saysWhyThereIsNone() {
    assertThat(NvidiaSmi.read("").trouble()).contains("nvidia-smi shows none");
    assertThat(NvidiaSmi.read("Field \"compute_cap\" is not a valid field to query.\n").trouble())
        .contains("nvidia-smi says: Field \"compute_cap\" is not a valid field to query");
  }

  private static GraphicsCard card(
      int index, String uuid, OptionalLong memory, int major, int minor, String name) {
    return new GraphicsCard(
        index, uuid, "550.54.15", memory, new GraphicsCard.Capability(major, minor), name);
  }
}
