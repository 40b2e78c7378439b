package io.polyspark.model.dl4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.transformer.Recompute;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The sums that docs/training.md spells out, by hand. */
class MemoryEstimateTest {
  private static final int N = 8 * 256;
  private static final Map<String, Object> DENSE =
      Map.of(
          "vocab_size",
          8192,
          "hidden_size",
          256,
          "intermediate_size",
          1024,
          "num_hidden_layers",
          4,
          "num_attention_heads",
          4,
          "num_key_value_heads",
          2,
          "max_position_embeddings",
          256,
          "hidden_act",
          "polynorm");

  /** D 256, C 128, H 4, F 1024. */
  @Test
  void ofADenseModel() {
    MemoryEstimate estimate = estimate(DENSE, MemoryPlan.Purpose.TRAINING);
    long parameters = 2 * 8192 * 256 + 256 + 4 * (2 * 65_536 + 2 * 32_768 + 2 * 256 + 524_292);
    assertThat(estimate.parameters()).isEqualTo(4 * parameters);
    assertThat(estimate.gradients()).isEqualTo(4 * parameters);
    assertThat(estimate.moments()).isEqualTo(8 * parameters);
    assertThat(estimate.keptActivations())
        .isEqualTo(4L * (4 * N * (1536 + 256 + 4 + 2 + 2048 + 3) + N * 256));
    assertThat(estimate.sharedActivations())
        .isEqualTo(4L * (N * (1280 + 256 + 4 + 2048 + 3) + 256 + 8192 + 1));
    assertThat(estimate.scratch()).isGreaterThan(4L * 512 * 8192);
  }

  /** S = 2 N slots of swiglu of width 512 in 8 experts, and qk-norm. */
  @Test
  void ofAMixtureOfExperts() {
    Map<String, Object> keys = new LinkedHashMap<>(DENSE);
    keys.put("hidden_act", "swiglu");
    keys.put("intermediate_size", 512);
    keys.put("num_experts", 8);
    keys.put("num_experts_per_tok", 2);
    keys.put("qk_norm", true);
    MemoryEstimate estimate = estimate(keys, MemoryPlan.Purpose.TRAINING);
    long attention = 4 * N * (1536 + 256 + 4 + 2 + 256 + 128 + 2) + N * 256;
    long experts = 4 * (2 * N * 3 * 512 + N * (8 + 1) + 2 * N);
    assertThat(estimate.keptActivations()).isEqualTo(4 * (attention + experts));
    long slots = 2 * N * (3 * 512 + 2 * 256 + 2) + N * (8 + 1) + 4 * (8 + 1);
    assertThat(estimate.sharedActivations())
        .isEqualTo(4 * (N * (1280 + 256 + 4) + slots + 256 + 8192 + 1));
  }

  /** L + 1 states of N rows of D. */
  @Test
  void forAnAnalysisIsThatForInferenceAndTheStatesBetweenTheLayers() {
    MemoryEstimate estimate = estimate(DENSE, MemoryPlan.Purpose.ANALYSIS);
    MemoryEstimate inference = estimate(DENSE, MemoryPlan.Purpose.INFERENCE);
    assertThat(estimate.keptActivations()).isEqualTo(4L * 5 * N * 256);
    assertThat(estimate.total())
        .isEqualTo(inference.total() + estimate.keptActivations() - 4L * N * 256);
  }

  @Test
  void forInferenceKeepsNothingAndHasNoGradients() {
    MemoryEstimate estimate = estimate(DENSE, MemoryPlan.Purpose.INFERENCE);
    assertThat(estimate.gradients()).isZero();
    assertThat(estimate.moments()).isZero();
    assertThat(estimate.keptActivations()).isZero();
    assertThat(estimate.total())
        .isEqualTo(estimate.parameters() + estimate.sharedActivations() + estimate.scratch());
  }

  /**
   * With one sequence of 4096 tokens. Parameters, gradients and moments are 21.5 GB of the dense
   * one and 110.7 of the other.
   */
  @ParameterizedTest
  @CsvSource({"dense-1.3b, 5.4e9, 7e9, 30e9, 40e9", "moe-1b-7b, 27.6e9, 30e9, 117e9, 130e9"})
  void knowsWhatWouldBeTaken(
      String preset, double leastReading, double mostReading, double least, double most) {
    assertThat((double) bytes(preset, MemoryPlan.Purpose.INFERENCE, Recompute.NONE))
        .isBetween(leastReading, mostReading);
    assertThat((double) bytes(preset, MemoryPlan.Purpose.TRAINING, Recompute.NONE))
        .isBetween(least, most);
  }

  @ParameterizedTest
  @ValueSource(strings = {"dense-1.3b", "moe-1b-7b"})
  void isTheLessTheMoreIsRecomputed(String preset) {
    long keeping = bytes(preset, MemoryPlan.Purpose.TRAINING, Recompute.NONE);
    long recomputingMlps = bytes(preset, MemoryPlan.Purpose.TRAINING, Recompute.MLP);
    long recomputingBlocks = bytes(preset, MemoryPlan.Purpose.TRAINING, Recompute.BLOCK);
    assertThat(recomputingMlps).isLessThan(keeping);
    assertThat(recomputingBlocks).isLessThan(recomputingMlps);
  }

  private static long bytes(String preset, MemoryPlan.Purpose purpose, Recompute recompute) {
    ModelConfig model = ModelConfig.load(preset, "the test");
    ComputeOptions options = ComputeOptions.DEFAULT.withRecompute(recompute);
    return MemoryEstimate.of(model, 1, 4096, purpose, options).total();
  }

  private static MemoryEstimate estimate(Map<String, Object> keys, MemoryPlan.Purpose purpose) {
    return MemoryEstimate.of(
        ModelConfig.fromMap(keys, "the test"), 8, 256, purpose, ComputeOptions.DEFAULT);
  }
}
