package io.polyspark.train.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.terminal.StatusLine;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class ProgressLineTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  @Test
  void plainLinesHaveNoControlCodes() {
    try (ProgressLine progress = ProgressLine.plain(40, 0, out)) {
      progress.round(round(1, 20, OptionalDouble.empty()));
      progress.round(round(2, 40, OptionalDouble.of(2.125)));
    }
    assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
        .hasSize(2)
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .matches(
                        " 50%  step 20 of 40  loss 2\\.500, 41,000 tokens/s, 67\\.1 MB"
                            + " sent per round, \\d+s left"),
            line ->
                assertThat(line)
                    .isEqualTo(
                        "100%  step 40 of 40  loss 2.500, validation 2.125, 41,000 tokens/s,"
                            + " 67.1 MB sent per round, 0s left"));
  }

  @Test
  void theMovingLineShowsTheSame() {
    try (ProgressLine progress = ProgressLine.moving(40, 20, new StatusLine(out))) {
      progress.round(round(2, 40, OptionalDouble.of(2.125)));
    }
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .contains("100%", "40/40", "loss 2.500 val 2.125 41.0k tok/s 67.1 MB/round");
  }

  private static RoundMetrics round(int round, long step, OptionalDouble validation) {
    return new RoundMetrics(
        round,
        step,
        List.of(1),
        2.5,
        validation,
        1000,
        1,
        1,
        0,
        0,
        0,
        0,
        67_100_000,
        0,
        0,
        41_000,
        Map.of(),
        List.of(),
        HealthMetrics.UNKNOWN,
        0,
        List.of());
  }
}
