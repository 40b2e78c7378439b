package io.polyspark.model.transformer;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.activation.Activations;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.optimize.AdamW;
import io.polyspark.model.optimize.AdamWConfig;
import io.polyspark.model.optimize.LearningRate;
import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.Indices;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.tensor.Precision;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.nd4j.Nd4jKernels;
import io.polyspark.model.tensor.vector.VectorKernels;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Recomputing changes no bit of training and frees as much memory as is documented. */
class RecomputationTest {
  private static final int BATCH = 2;
  private static final int STEPS = 4;

  private static final Map<String, Object> GROUPED =
      Map.of(
          "num_attention_heads",
          4,
          "num_key_value_heads",
          2,
          "qk_norm",
          true,
          "tie_word_embeddings",
          true,
          "hidden_act",
          "relu");

  private enum BackEnd {
    ND4J_FLOAT64,
    ND4J_FLOAT32,
    VECTOR;

    Kernels create() {
      return switch (this) {
        case ND4J_FLOAT64 -> new Nd4jKernels(Precision.FLOAT64);
        case ND4J_FLOAT32 -> new Nd4jKernels(Precision.FLOAT32);
        case VECTOR -> new VectorKernels();
      };
    }
  }

  @ParameterizedTest
  @EnumSource
  void changesNoBitsWithAnyActivation(BackEnd backEnd) {
    for (String activation : Activations.names()) {
      assertSameBits(backEnd, config(6, Map.of("hidden_act", activation)));
    }
  }

  @ParameterizedTest
  @EnumSource
  void changesNoBitsWithAnotherActivationInEveryLayer(BackEnd backEnd) {
    assertSameBits(backEnd, config(6, Map.of("hidden_act", List.of("swiglu", "polynorm", "gelu"))));
  }

  /** Of {@link Nd4jKernels}' two ways to attend, 6 positions keep the probabilities, 9 do not. */
  @ParameterizedTest
  @EnumSource
  void changesNoBitsWithGroupedQueriesTheirNormsAndTiedEmbeddings(BackEnd backEnd) {
    for (int positions : new int[] {6, 9}) {
      assertSameBits(backEnd, config(positions, GROUPED));
    }
  }

  @ParameterizedTest
  @EnumSource
  void changesNoBitsWithExperts(BackEnd backEnd) {
    for (String activation : List.of("polynorm", "swiglu")) {
      assertSameBits(backEnd, experts(6, activation));
    }
  }

  private static void assertSameBits(BackEnd backEnd, ModelConfig config) {
    Trained keeping = train(backEnd, config, Recompute.NONE);
    for (Recompute recompute : List.of(Recompute.MLP, Recompute.BLOCK)) {
      Trained recomputing = train(backEnd, config, recompute);
      assertThat(recomputing.loads()).as("%s", recompute).isEqualTo(keeping.loads());
      keeping
          .numbers()
          .forEach(
              (name, values) ->
                  assertThat(recomputing.numbers().get(name))
                      .as("%s with %s", name, recompute)
                      .isEqualTo(values));
    }
  }

  /**
   * What a few steps leave behind.
   *
   * @param numbers the parameters by name, and the losses of the last batch
   * @param loads of the experts in every step
   */
  private record Trained(Map<String, double[]> numbers, List<ExpertLoad> loads) {}

  private static Trained train(BackEnd backEnd, ModelConfig config, Recompute recompute) {
    Random random = new Random(3);
    try (Kernels kernels = backEnd.create()) {
      Parameters parameters = vector(kernels, config);
      Parameters gradients = vector(kernels, config);
      fill(kernels, parameters, random);
      AdamW optimizer = optimizer(kernels, parameters, gradients);
      MemoryPlan plan = MemoryPlan.over(kernels, MemoryPlan.Purpose.TRAINING);
      int context = config.maxPositionEmbeddings();
      Transformer transformer =
          new Transformer(config, kernels, plan, recompute, parameters, gradients, BATCH, context);
      int rows = BATCH * context;
      Indices tokens = kernels.allocateIndices(rows);
      Indices targets = kernels.allocateIndices(rows);
      Tensor losses = kernels.allocate(rows, 1);
      List<ExpertLoad> loads = new ArrayList<>();
      for (int step = 0; step < STEPS; step++) {
        kernels.upload(random.ints(rows, 0, config.vocabSize()).toArray(), tokens);
        kernels.upload(random.ints(rows, 0, config.vocabSize()).toArray(), targets);
        gradients.layout().entries().forEach(e -> kernels.fill(gradients.get(e.name()), 0));
        transformer.forward(tokens);
        transformer.backward(tokens, targets, losses);
        loads.addAll(transformer.expertLoads());
        optimizer.step(step);
      }
      Map<String, double[]> numbers = new LinkedHashMap<>();
      numbers.put("losses", values(kernels, losses));
      for (ParameterLayout.Entry entry : parameters.layout().entries()) {
        numbers.put(entry.name(), values(kernels, parameters.get(entry.name())));
      }
      return new Trained(numbers, loads);
    }
  }

  private static void fill(Kernels kernels, Parameters parameters, Random random) {
    for (ParameterLayout.Entry entry : parameters.layout().entries()) {
      double[] values = random.doubles(entry.length(), -0.5, 0.5).toArray();
      kernels.upload(values, parameters.get(entry.name()));
    }
  }

  private static AdamW optimizer(Kernels kernels, Parameters parameters, Parameters gradients) {
    List<AdamW.Stretch> stretches = new ArrayList<>();
    for (ParameterLayout.Entry entry : parameters.layout().entries()) {
      Tensor parameter = parameters.get(entry.name());
      stretches.add(
          new AdamW.Stretch(
              parameter,
              gradients.get(entry.name()),
              kernels.allocate(parameter.rows(), parameter.columns()),
              kernels.allocate(parameter.rows(), parameter.columns()),
              entry.decays() ? AdamW.Decay.APPLIES : AdamW.Decay.NONE));
    }
    AdamWConfig config = new AdamWConfig(1e-2, 1e-3, 1, 0.9, 0.95, 1e-8, 0.1, 1);
    return new AdamW(kernels, config, LearningRate.of(config, STEPS), stretches);
  }

  private static Parameters vector(Kernels kernels, ModelConfig config) {
    return Parameters.of(
        ParameterLayout.of(config),
        entry -> {
          long rows = entry.decays() ? entry.shape().get(0) : 1;
          return kernels.allocate(rows, entry.length() / rows);
        });
  }

  private static double[] values(Kernels kernels, Tensor tensor) {
    double[] values = new double[Math.toIntExact(tensor.length())];
    kernels.download(tensor, values);
    return values;
  }

  /** All layers but one give up what {@code docs/training.md} says. */
  @ParameterizedTest
  @MethodSource("configurations")
  void freesWhatIsDocumented(ModelConfig config) {
    long rows = (long) BATCH * config.maxPositionEmbeddings() * (config.numHiddenLayers() - 1);
    long width = config.intermediateSize();
    boolean gate = Activations.named(config.hiddenAct().get(0)).isGate();
    long inMlp = config.mlpsPerToken() * (gate ? 3L : 2L) * width;
    long hidden = config.hiddenSize();
    long keyValue = config.keyValueSize();
    long norms = config.qkNorm() ? hidden + keyValue + 2 : 0;
    long outside = 5 * hidden + 2 * keyValue + 2 + norms;
    try (Kernels kernels = new Nd4jKernels(Precision.FLOAT32)) {
      long inAttention = kernels.attentionKeptPerRow(shape(config));
      long keeping = elements(config, kernels, Recompute.NONE);
      long recomputingMlp = elements(config, kernels, Recompute.MLP);
      assertThat(keeping - recomputingMlp).isEqualTo(rows * inMlp);
      assertThat(recomputingMlp - elements(config, kernels, Recompute.BLOCK))
          .isEqualTo(rows * (outside + inAttention));
    }
  }

  private static Stream<ModelConfig> configurations() {
    return Stream.of(
        config(6, Map.of("hidden_act", "gelu")),
        config(6, Map.of("hidden_act", "swiglu")),
        config(9, GROUPED),
        experts(6, "relu"));
  }

  private static AttentionShape shape(ModelConfig config) {
    return new AttentionShape(
        BATCH,
        config.maxPositionEmbeddings(),
        config.numAttentionHeads(),
        config.numKeyValueHeads(),
        config.headSize());
  }

  private static long elements(ModelConfig config, Kernels kernels, Recompute recompute) {
    MemoryPlan plan = MemoryPlan.counting(MemoryPlan.Purpose.TRAINING);
    Parameters none = Parameters.of(ParameterLayout.of(config), entry -> null);
    int context = config.maxPositionEmbeddings();
    new Transformer(config, kernels, plan, recompute, none, none, BATCH, context);
    return plan.elements();
  }

  private static ModelConfig experts(int positions, String activation) {
    Map<String, Object> values = new LinkedHashMap<>(GROUPED);
    values.putAll(Map.of("num_experts", 5, "num_experts_per_tok", 2, "hidden_act", activation));
    return config(positions, values);
  }

  private static ModelConfig config(int positions, Map<String, ?> differing) {
    Map<String, Object> values =
        new LinkedHashMap<>(
            Map.of(
                "vocab_size", 17,
                "hidden_size", 8,
                "intermediate_size", 11,
                "num_hidden_layers", 3,
                "num_attention_heads", 2,
                "max_position_embeddings", positions));
    values.putAll(differing);
    return ModelConfig.fromMap(values, "the test");
  }
}
