package io.polyspark.model.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.model.tensor.nd4j.Nd4jFlatVector;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

class InitializerTest {
  /** Of the values that seed 42 gave when this was written. */
  private static final int EMBEDDING_HASH = 237_164_388;

  private static final int DOWN_PROJECTION_HASH = -1_274_047_412;

  private static final ModelConfig CHAR = ModelConfig.load("char", "the test");

  /** By the names of the parameters. */
  private final Map<String, float[]> parameters = initialized(CHAR, 42);

  @Test
  void weightsAreNormalWithTheConfiguredDeviation() {
    assertNormal("model.embed_tokens.weight", 0.02);
    assertNormal("model.layers.0.self_attn.q_proj.weight", 0.02);
    assertNormal("model.layers.3.mlp.up_proj.weight", 0.02);
    assertNormal("lm_head.weight", 0.02);
  }

  @Test
  void projectionsIntoTheResidualStreamAreSmallerByTheRootOfTwiceTheLayers() {
    assertNormal("model.layers.1.self_attn.o_proj.weight", 0.02 / Math.sqrt(8));
    assertNormal("model.layers.2.mlp.down_proj.weight", 0.02 / Math.sqrt(8));
  }

  @Test
  void normsAreOneAndCoefficientsAreThirds() {
    assertThat(parameters.get("model.norm.weight")).containsOnly(1f).hasSize(128);
    assertThat(parameters.get("model.layers.2.input_layernorm.weight")).containsOnly(1f);
    assertThat(parameters.get("model.layers.2.mlp.act_fn.weight"))
        .containsExactly(1f / 3, 1f / 3, 1f / 3);
    assertThat(parameters.get("model.layers.2.mlp.act_fn.bias")).containsExactly(0f);
  }

  @Test
  void noTwoParametersAreAlike() {
    assertThat(parameters.get("model.layers.0.self_attn.q_proj.weight"))
        .isNotEqualTo(parameters.get("model.layers.0.self_attn.k_proj.weight"));
    assertThat(parameters.get("lm_head.weight"))
        .isNotEqualTo(parameters.get("model.embed_tokens.weight"));
  }

  @Test
  void theSeedDecides() {
    assertThat(initialized(CHAR, 42).get("lm_head.weight"))
        .isEqualTo(parameters.get("lm_head.weight"));
    assertThat(initialized(CHAR, 43).get("lm_head.weight"))
        .isNotEqualTo(parameters.get("lm_head.weight"));
  }

  /** A run resumed by a later version, or compared across machines, relies on these numbers. */
  @Test
  void theBitsNeverChange() {
    assertThat(hash("model.embed_tokens.weight")).isEqualTo(EMBEDDING_HASH);
    assertThat(hash("model.layers.3.mlp.down_proj.weight")).isEqualTo(DOWN_PROJECTION_HASH);
  }

  private int hash(String name) {
    return Arrays.hashCode(parameters.get(name));
  }

  /** Mean and deviation within five of their own deviations; no value further than six. */
  private void assertNormal(String name, double deviation) {
    float[] values = parameters.get(name);
    double sum = 0;
    double squares = 0;
    for (float value : values) {
      assertThat(Math.abs(value)).isLessThan((float) (6 * deviation));
      sum += value;
      squares += (double) value * value;
    }
    double n = values.length;
    assertThat(sum / n).as(name).isEqualTo(0, within(5 * deviation / Math.sqrt(n)));
    assertThat(Math.sqrt(squares / n))
        .as(name)
        .isEqualTo(deviation, within(5 * deviation / Math.sqrt(2 * n)));
  }

  private static Map<String, float[]> initialized(ModelConfig config, long seed) {
    ParameterLayout layout = ParameterLayout.of(config);
    FlatVector vector = new Nd4jFlatVector(Nd4j.create(DataType.FLOAT, layout.length()));
    new Initializer(config).initialize(seed, vector);
    Map<String, float[]> parameters = new LinkedHashMap<>();
    for (ParameterLayout.Entry entry : layout.entries()) {
      float[] values = new float[Math.toIntExact(entry.length())];
      vector.read(entry.offset(), values, 0, values.length);
      parameters.put(entry.name(), values);
    }
    return parameters;
  }
}
