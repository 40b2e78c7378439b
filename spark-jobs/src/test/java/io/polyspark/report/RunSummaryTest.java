package io.polyspark.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.evaluate.Evaluation;
import io.polyspark.model.config.ModelConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class RunSummaryTest {
  private static final RunSummary.Sample SAMPLE =
      new RunSummary.Sample(
          "The ",
          "cat sat on the mat and thought about the price of fish in the market.\nThen\u0007 it slept.");

  @Test
  void theTextSaysWhatPeopleAskFirst() {
    assertThat(summary(OptionalDouble.of(1.25)).toText())
        .isEqualTo(
            """
            model         4 layers, 128 wide, polynorm, 858,000 parameters
            trained       2 replicas x 600 steps in 30 rounds: 921,600 tokens in 40 s
            speed         23,040 tokens per second
            loss          1.0397 nats per token, over 20,000 tokens of validation text
            perplexity    2.828
            bits per byte 1.5000 (the text's own entropy, which no model beats, is 1.2500)

            It goes on from "The":
                The cat sat on the mat and thought about the price of fish in the market.
                Then  it slept.

            checkpoint    runs/a/checkpoints/round-0000030
            """);
  }

  @Test
  void theEntropyIsLeftOutWhereNobodyKnowsIt() {
    RunSummary summary = summary(OptionalDouble.empty());
    assertThat(summary.toText()).contains("bits per byte 1.5000\n");
    assertThat(summary.toMap()).doesNotContainKey("entropy_bits_per_byte");
  }

  @Test
  void theMapHasTheNumbers() {
    assertThat(summary(OptionalDouble.of(1.25)).toMap())
        .containsEntry("bits_per_byte", 1.5)
        .containsEntry("entropy_bits_per_byte", 1.25)
        .containsEntry("tokens_per_second", 23_040.0)
        .containsEntry("parameters", 858_000L);
  }

  private static RunSummary summary(OptionalDouble entropy) {
    return new RunSummary(
        ModelConfig.load("char", "test"),
        858_000,
        2,
        30,
        600,
        921_600,
        40,
        new Evaluation.Result(1.5 * Math.log(2), Math.pow(2, 1.5), 1.5, 20_000),
        entropy,
        List.of(SAMPLE),
        new LinkedHashMap<>(Map.of("checkpoint", "runs/a/checkpoints/round-0000030")));
  }
}
