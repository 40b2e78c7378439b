package io.polyspark.model.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelConfigTest {
  private static final String SOURCE = "model.yaml";

  @TempDir private Path directory;

  @Test
  void theLargePresetHasThePapersShape() {
    ModelConfig config = ModelConfig.load("dense-1.3b", "train.yaml");

    assertThat(config.vocabSize()).isEqualTo(32_000);
    assertThat(config.hiddenSize()).isEqualTo(2048);
    assertThat(config.intermediateSize()).isEqualTo(8256);
    assertThat(config.numHiddenLayers()).isEqualTo(24);
    assertThat(config.numAttentionHeads()).isEqualTo(16);
    assertThat(config.maxPositionEmbeddings()).isEqualTo(4096);
    assertThat(config.initializerRange()).isEqualTo(Math.sqrt(2.0 / (5 * 2048)));
    assertThat(config.hiddenAct()).hasSize(24).containsOnly("polynorm");
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiny", "moe-tiny", "char", "small", "dense-1.3b", "moe-1b-7b"})
  void isReadBackFromItsOwnKeys(String preset) {
    ModelConfig config = ModelConfig.load(preset, "train.yaml");
    assertThat(ModelConfig.fromMap(config.toMap(), SOURCE)).isEqualTo(config);
  }

  @Test
  void takesAnActivationPerLayer() {
    List<String> activations = List.of("polynorm", "swiglu");
    ModelConfig config = ModelConfig.fromMap(with("hidden_act", activations), SOURCE);
    assertThat(config.hiddenAct()).isEqualTo(activations);
    assertThat(config.toMap()).containsEntry("hidden_act", activations);
  }

  @Test
  void readsYamlAndJsonFiles() throws IOException {
    Path yaml = directory.resolve("model.yaml");
    // YAML 1.1 takes 1e-6, which has no point, for text.
    Files.writeString(
        yaml,
        """
        vocab_size: 11
        hidden_size: 8
        intermediate_size: 12
        num_hidden_layers: 1
        num_attention_heads: 2
        max_position_embeddings: 4
        hidden_act: relu
        rms_norm_eps: 1e-6
        """);
    Path json = directory.resolve("config.json");
    Files.writeString(
        json,
        """
        {"vocab_size": 11, "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 1,
         "num_attention_heads": 2, "max_position_embeddings": 4, "hidden_act": "relu",
         "rms_norm_eps": 1e-6}
        """);

    ModelConfig config = ModelConfig.load(yaml.toString(), "train.yaml");
    assertThat(config.rmsNormEps()).isEqualTo(1e-6);
    assertThat(ModelConfig.load(json.toString(), "train.yaml")).isEqualTo(config);
  }

  @Test
  void namesWhatIsWrongInAFile() throws IOException {
    Path file = directory.resolve("broken.yaml");
    Files.writeString(file, "hidden_size: 64\n");
    assertThatThrownBy(() -> ModelConfig.load(file.toString(), "train.yaml"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("broken.yaml");

    Files.writeString(file, "- 1\n- 2\n");
    assertThatThrownBy(() -> ModelConfig.load(file.toString(), "train.yaml"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("broken.yaml");

    Files.writeString(file, "hidden_size: 64\nhidden_size: 32\n");
    assertThatThrownBy(() -> ModelConfig.load(file.toString(), "train.yaml"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("broken.yaml")
        .hasMessageContaining("hidden_size");
  }

  @Test
  void refusesWhatItCannotUse() {
    assertRefused("hiden_size", 64)
        .hasMessageContaining("hiden_size")
        .hasMessageContaining("hidden_size");
    assertRefused("hidden_act", "polynom")
        .hasMessageContaining("polynom")
        .hasMessageContaining("polynorm, polyrelu, swiglu, gelu, relu");
    assertRefused("hidden_act", List.of("relu")).hasMessageContaining("2 layers");
    assertRefused("num_attention_heads", 3).hasMessageContaining("hidden_size 16");
    assertRefused("num_attention_heads", 16).hasMessageContaining("even");
    assertRefused("num_key_value_heads", 3).hasMessageContaining("num_key_value_heads 3");
    assertRefused("vocab_size", 0).hasMessageContaining("at least 1");
    assertRefused("vocab_size", "many").hasMessageContaining("'many'");
    assertRefused("vocab_size", 1.5).hasMessageContaining("1.5");
    assertRefused("rms_norm_eps", -1).hasMessageContaining("above 0");
    assertRefused("tie_word_embeddings", "maybe").hasMessageContaining("true or false");
  }

  @Test
  void refusesWhatNoMachineHolds() {
    assertRefused("num_hidden_layers", Integer.MAX_VALUE)
        .hasMessageContaining("'2147483647', but must be a whole number of at most 10000");
    assertRefused("vocab_size", 1L << 40).hasMessageContaining("at most 16777216");
    Map<String, Object> experts = with("num_experts", 1 << 16);
    experts.put("num_experts_per_tok", 1);
    experts.put("num_hidden_layers", 10_000);
    assertThatThrownBy(() -> ModelConfig.fromMap(experts, SOURCE))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("make more tensors than a checkpoint can hold");
  }

  @Test
  void refusesMoreExpertsPerTokenThanThereAre() {
    Map<String, Object> values = with("num_experts", 4);
    values.put("num_experts_per_tok", 5);
    assertThatThrownBy(() -> ModelConfig.fromMap(values, SOURCE))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("num_experts_per_tok")
        .hasMessageContaining("4");
  }

  @Test
  void refusesExpertsPerTokenWithoutExperts() {
    assertRefused("num_experts_per_tok", 2).hasMessageContaining("num_experts is 0");
  }

  @Test
  void saysWhichKeyIsMissing() {
    Map<String, Object> values = with("hidden_act", "relu");
    values.remove("hidden_size");
    assertThatThrownBy(() -> ModelConfig.fromMap(values, SOURCE))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(SOURCE)
        .hasMessageContaining("'hidden_size' is missing");
  }

  @Test
  void saysWhichPresetsThereAre() {
    assertThatThrownBy(() -> ModelConfig.load("chars", "train.yaml"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("train.yaml")
        .hasMessageContaining("'chars'")
        .hasMessageContaining("tiny, moe-tiny, char, small, dense-1.3b, moe-1b-7b");
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> assertRefused(
      String key, Object value) {
    return assertThatThrownBy(() -> ModelConfig.fromMap(with(key, value), SOURCE))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(SOURCE)
        .hasMessageContaining(key);
  }

  private static Map<String, Object> with(String key, Object value) {
    Map<String, Object> values = new LinkedHashMap<>(ModelConfig.load("tiny", "").toMap());
    values.put(key, value);
    return values;
  }
}
