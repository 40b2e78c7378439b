package io.polyspark.model.transformer;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.config.ModelConfig;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** By numbers computed by hand. */
class FlopsTest {
  private static final Map<String, Object> DENSE =
      Map.of(
          "vocab_size",
          8192,
          "hidden_size",
          384,
          "intermediate_size",
          1536,
          "num_hidden_layers",
          6,
          "num_attention_heads",
          6,
          "max_position_embeddings",
          256,
          "hidden_act",
          "polynorm");

  /**
   * A layer has 4 * 384^2 + 2 * 384 * 1536 in matrices, 2 * 384 in norms and 4 coefficients:
   * 1,770,244; six, the last norm, and twice 8192 * 384 make 16,913,304.
   */
  @Test
  void ofADenseModel() {
    ModelConfig config = ModelConfig.fromMap(DENSE, "the test");
    assertThat(ParameterCounts.of(config))
        .isEqualTo(new ParameterCounts(16_913_304, 13_767_576, 16_913_304));
    // 6 * 13,767,576 + 6 * 6 * 256 * 384
    assertThat(Flops.perToken(config, 256)).isEqualTo(82_605_456 + 3_538_944);
    assertThat(Flops.perToken(config, 128)).isEqualTo(82_605_456 + 1_769_472);
  }

  /** The table of 8192 * 384 is multiplied once, as the output projection. */
  @Test
  void aTiedTableIsMultipliedButOnceThere() {
    Map<String, Object> tied = new LinkedHashMap<>(DENSE);
    tied.put("tie_word_embeddings", true);
    ModelConfig config = ModelConfig.fromMap(tied, "the test");
    assertThat(ParameterCounts.of(config))
        .isEqualTo(new ParameterCounts(13_767_576, 10_621_848, 13_767_576));
    assertThat(Flops.perToken(config, 256)).isEqualTo(82_605_456 + 3_538_944);
  }

  /**
   * Eight experts of three matrices of 384 * 1536, 1,769,472 numbers each, of which a token meets
   * two; a router of 8 * 384, attention of 4 * 384^2 and two norms.
   */
  @Test
  void ofAMixtureOfExpertsCountsThoseThatATokenMeets() {
    Map<String, Object> experts = new LinkedHashMap<>(DENSE);
    experts.put("hidden_act", "swiglu");
    experts.put("num_experts", 8);
    experts.put("num_experts_per_tok", 2);
    ModelConfig config = ModelConfig.fromMap(experts, "the test");
    long layer = 8 * 1_769_472 + 3_072 + 589_824 + 768;
    long total = 6 * layer + 384 + 2 * 3_145_728;
    long idle = 6 * 6 * 1_769_472;
    assertThat(ParameterCounts.of(config))
        .isEqualTo(new ParameterCounts(total, total - 3_145_728, total - idle));
    assertThat(Flops.perToken(config, 256)).isEqualTo(6 * (total - 3_145_728 - idle) + 3_538_944);
  }

  /** What the paper says of its mixture of experts: 6.9 billion parameters, 1.3 billion active. */
  @Test
  void thePapersMixtureOfExpertsHasThePapersSize() {
    ParameterCounts counts = ParameterCounts.of(ModelConfig.load("moe-1b-7b", "the test"));
    assertThat(counts.total()).isBetween(6_850_000_000L, 6_950_000_000L);
    assertThat(counts.active()).isBetween(1_250_000_000L, 1_350_000_000L);
  }
}
