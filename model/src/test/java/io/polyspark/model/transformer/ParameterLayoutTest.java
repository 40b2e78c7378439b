package io.polyspark.model.transformer;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.config.ModelConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ParameterLayoutTest {
  @Test
  void namesAndShapesAreHuggingFaces() {
    ParameterLayout layout = ParameterLayout.of(with(Map.of("num_hidden_layers", 1)));
    assertThat(layout.entries())
        .extracting(ParameterLayout.Entry::name, ParameterLayout.Entry::shape)
        .map(tuple -> tuple.toList().get(0) + " " + tuple.toList().get(1))
        .containsExactlyInAnyOrder(
            "model.embed_tokens.weight [257, 16]",
            "model.layers.0.input_layernorm.weight [16]",
            "model.layers.0.self_attn.q_proj.weight [16, 16]",
            "model.layers.0.self_attn.k_proj.weight [16, 16]",
            "model.layers.0.self_attn.v_proj.weight [16, 16]",
            "model.layers.0.self_attn.o_proj.weight [16, 16]",
            "model.layers.0.post_attention_layernorm.weight [16]",
            "model.layers.0.mlp.up_proj.weight [32, 16]",
            "model.layers.0.mlp.down_proj.weight [16, 32]",
            "model.layers.0.mlp.act_fn.weight [3]",
            "model.layers.0.mlp.act_fn.bias [1]",
            "model.norm.weight [16]",
            "lm_head.weight [257, 16]");
  }

  @Test
  void leavesNoGaps() {
    ParameterLayout layout = ParameterLayout.of(ModelConfig.load("char", "the test"));
    long end = 0;
    for (ParameterLayout.Entry entry : layout.entries()) {
      assertThat(entry.offset()).isEqualTo(end);
      end += entry.length();
    }
    assertThat(layout.length()).isEqualTo(end);
  }

  @Test
  void decaysMatricesOnly() {
    assertThat(ParameterLayout.of(with(Map.of("qk_norm", true))).entries())
        .filteredOn(ParameterLayout.Entry::decays)
        .extracting(ParameterLayout.Entry::name)
        .allMatch(name -> name.matches(".*(_proj|embed_tokens|lm_head)\\.weight"))
        .hasSize(2 + 2 * 6);
  }

  @Test
  void followsTheConfiguration() {
    assertThat(names(Map.of("tie_word_embeddings", true))).doesNotContain("lm_head.weight");
    assertThat(names(Map.of("qk_norm", true)))
        .contains(
            "model.layers.1.self_attn.q_norm.weight", "model.layers.1.self_attn.k_norm.weight");
    assertThat(names(Map.of("hidden_act", List.of("swiglu", "relu"))))
        .contains("model.layers.0.mlp.gate_proj.weight")
        .doesNotContain("model.layers.1.mlp.gate_proj.weight", "model.layers.0.mlp.act_fn.weight");
  }

  @Test
  void countsBeyondInt() {
    Map<String, Object> values =
        new LinkedHashMap<>(ModelConfig.load("dense-1.3b", "the test").toMap());
    assertThat(ParameterLayout.of(ModelConfig.fromMap(values, "the test")).length())
        .isEqualTo(1_345_423_456L);
    values.put("num_hidden_layers", 96);
    assertThat(ParameterLayout.of(ModelConfig.fromMap(values, "the test")).length())
        .isGreaterThan(1L << 32);
  }

  @Test
  void mixturesOfExpertsHaveTheNamesOfHuggingFace() {
    Map<String, Object> experts =
        Map.of("num_hidden_layers", 1, "num_experts", 2, "num_experts_per_tok", 1);
    assertThat(ParameterLayout.of(with(experts)).entries())
        .filteredOn(entry -> entry.name().contains(".mlp."))
        .extracting(ParameterLayout.Entry::name, ParameterLayout.Entry::shape)
        .map(tuple -> tuple.toList().get(0) + " " + tuple.toList().get(1))
        .containsExactly(
            "model.layers.0.mlp.gate.weight [2, 16]",
            "model.layers.0.mlp.experts.0.up_proj.weight [32, 16]",
            "model.layers.0.mlp.experts.0.down_proj.weight [16, 32]",
            "model.layers.0.mlp.experts.1.up_proj.weight [32, 16]",
            "model.layers.0.mlp.experts.1.down_proj.weight [16, 32]",
            "model.layers.0.mlp.act_fn.weight [3]",
            "model.layers.0.mlp.act_fn.bias [1]");
  }

  @Test
  void thePapersMixtureOfExpertsHasItsSize() {
    assertThat(ParameterLayout.of(ModelConfig.load("moe-1b-7b", "the test")).length())
        .isEqualTo(6_919_161_920L);
  }

  private static List<String> names(Map<String, Object> differing) {
    return ParameterLayout.of(with(differing)).entries().stream()
        .map(ParameterLayout.Entry::name)
        .toList();
  }

  private static ModelConfig with(Map<String, Object> differing) {
    Map<String, Object> values = new LinkedHashMap<>(ModelConfig.load("tiny", "the test").toMap());
    values.putAll(differing);
    return ModelConfig.fromMap(values, "the test");
  }
}
