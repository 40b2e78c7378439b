package io.polyspark.model.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GraphicsCardTest {
  /** Machine code runs on its own major version from its own minor one on: sm_86 on Ada's 8.9. */
  @ParameterizedTest
  @CsvSource({
    "3, 5, false",
    "3, 7, true",
    "5, 3, true",
    "6, 1, true",
    "7, 0, true",
    "7, 5, true",
    "8, 0, true",
    "8, 9, true",
    "9, 0, false",
    "10, 0, false",
    "12, 0, false"
  })
  void cardsRunTheCodeOfTheirMajorVersion(int major, int minor, boolean runs) {
    assertThat(
            new GraphicsCard(
                    0,
                    "GPU-0",
                    "550.54.15",
                    OptionalLong.empty(),
                    new GraphicsCard.Capability(major, minor),
                    "a card")
                .runsNd4j())
        .isEqualTo(runs);
  }
}
