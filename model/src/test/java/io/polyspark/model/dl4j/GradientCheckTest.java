package io.polyspark.model.dl4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.optimize.AdamWConfig;
import io.polyspark.model.tensor.Precision;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.deeplearning4j.gradientcheck.GradientCheckUtil;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** DL4J's own check: the gradient of every parameter against a difference quotient, in float64. */
class GradientCheckTest {
  private static final int BATCH = 2;
  private static final int CONTEXT = 3;
  private static final int VOCABULARY = 5;

  @BeforeEach
  void checkInFloat64() {
    Nd4j.setDefaultDataTypes(DataType.DOUBLE, DataType.DOUBLE);
  }

  @AfterEach
  void backToFloat32() {
    Nd4j.setDefaultDataTypes(DataType.FLOAT, DataType.FLOAT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"polynorm", "polyrelu", "swiglu", "gelu", "relu"})
  void everyActivation(String activation) {
    assertThat(gradientIsRight(Map.of("hidden_act", activation))).isTrue();
  }

  @Test
  void groupedQueriesWithNorms() {
    assertThat(
            gradientIsRight(
                Map.of(
                    "hidden_size",
                    8,
                    "num_attention_heads",
                    4,
                    "num_key_value_heads",
                    2,
                    "qk_norm",
                    true)))
        .isTrue();
  }

  @Test
  void tiedEmbeddings() {
    assertThat(gradientIsRight(Map.of("tie_word_embeddings", true))).isTrue();
  }

  @Test
  void anotherActivationInEveryLayer() {
    assertThat(
            gradientIsRight(
                Map.of("num_hidden_layers", 2, "hidden_act", List.of("polynorm", "swiglu"))))
        .isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"polynorm", "swiglu"})
  void mixtureOfExperts(String activation) {
    assertThat(gradientIsRight(experts(4, 2, Map.of("hidden_act", activation)))).isTrue();
  }

  @Test
  void mixtureOfExpertsWithNormalizedWeights() {
    assertThat(gradientIsRight(experts(4, 2, Map.of("norm_topk_prob", true)))).isTrue();
  }

  @Test
  void everyExpertForEveryToken() {
    assertThat(gradientIsRight(experts(3, 3, Map.of()))).isTrue();
  }

  @Test
  void oneExpert() {
    assertThat(gradientIsRight(experts(1, 1, Map.of()))).isTrue();
  }

  /** The routers' losses weigh as much as the cross-entropy, so that their gradients show. */
  private static Map<String, Object> experts(
      int experts, int perToken, Map<String, Object> differing) {
    Map<String, Object> values =
        new LinkedHashMap<>(
            Map.of(
                "num_hidden_layers",
                2,
                "num_experts",
                experts,
                "num_experts_per_tok",
                perToken,
                "router_aux_loss_coef",
                1,
                "router_z_loss_coef",
                0.5));
    values.putAll(differing);
    return values;
  }

  private static boolean gradientIsRight(Map<String, Object> differing) {
    try (Replica replica = replica(config(differing))) {
      ComputationGraph network = replica.network();
      return GradientCheckUtil.checkGradients(
          new GradientCheckUtil.GraphConfig()
              .net(network)
              .epsilon(1e-6)
              .maxRelError(1e-5)
              .minAbsoluteError(1e-9)
              .inputs(new INDArray[] {tokens(1)})
              .labels(new INDArray[] {tokens(2)})
              .print(GradientCheckUtil.PrintMode.FAILURES_ONLY));
    }
  }

  private static Replica replica(ModelConfig config) {
    AdamWConfig optimizer = new AdamWConfig(1e-3, 1e-3, 0, 0.9, 0.95, 1e-8, 0.1, 1);
    Replica replica =
        Replica.create(
            config, BATCH, CONTEXT, optimizer, 1, ComputeOptions.DEFAULT, Precision.FLOAT64);
    // Far larger than initial parameters are, so that no gradient drowns in the quotient's error.
    Random random = new Random(3);
    INDArray parameters = replica.network().params();
    for (long i = 0; i < parameters.length(); i++) {
      parameters.putScalar(i, 0.5 * random.nextGaussian());
    }
    return replica;
  }

  private static ModelConfig config(Map<String, Object> differing) {
    Map<String, Object> values =
        new LinkedHashMap<>(
            Map.of(
                "vocab_size", VOCABULARY,
                "hidden_size", 4,
                "intermediate_size", 3,
                "num_hidden_layers", 1,
                "num_attention_heads", 2,
                "max_position_embeddings", CONTEXT,
                "hidden_act", "polynorm"));
    values.putAll(differing);
    return ModelConfig.fromMap(values, "the test");
  }

  /** int32 [B, T]. */
  private static INDArray tokens(long seed) {
    return Nd4j.createFromArray(new Random(seed).ints(BATCH * CONTEXT, 0, VOCABULARY).toArray())
        .reshape('c', BATCH, CONTEXT);
  }
}
