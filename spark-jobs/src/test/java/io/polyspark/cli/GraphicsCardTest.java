package io.polyspark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GraphicsCardTest {
  @Test
  void readsACardPerLineAndPassesOverTheRest() {
    assertThat(
            GraphicsCard.parse(
                """
                NVIDIA H100 80GB HBM3, 9.0
                Tesla T4, 7.5
                GRID, unlicensed, 8.6
                Field "compute_cap" is not a valid field to query.
                NVIDIA A2, [N/A]
                """))
        .isEqualTo(
            List.of(
                new GraphicsCard("NVIDIA H100 80GB HBM3", new GraphicsCard.Capability(9, 0)),
                new GraphicsCard("Tesla T4", new GraphicsCard.Capability(7, 5)),
                new GraphicsCard("GRID, unlicensed", new GraphicsCard.Capability(8, 6))));
    assertThat(GraphicsCard.parse("")).isEmpty();
  }

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
    assertThat(new GraphicsCard("a card", new GraphicsCard.Capability(major, minor)).runsNd4j())
        .isEqualTo(runs);
  }
}
