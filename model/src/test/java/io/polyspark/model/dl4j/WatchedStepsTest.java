package io.polyspark.model.dl4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.activation.Activations;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.optimize.AdamWConfig;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.model.transformer.ActivationHealth;
import io.polyspark.model.transformer.Recompute;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A step whose activations are watched is the same step, and says what applies. */
class WatchedStepsTest {
  private static final AdamWConfig OPTIMIZER =
      new AdamWConfig(1e-2, 1e-3, 2, 0.9, 0.95, 1e-8, 0.1, 1);
  private static final int BATCH = 4;
  private static final int CONTEXT = 16;
  private static final int STEPS = 3;

  private static Stream<Arguments> models() {
    return Stream.of("tiny", "moe-tiny")
        .flatMap(
            model ->
                Activations.names().stream()
                    .flatMap(
                        activation ->
                            Stream.of(Recompute.values())
                                .map(recompute -> Arguments.of(model, activation, recompute))));
  }

  @ParameterizedTest
  @MethodSource("models")
  void areTheSameSteps(String model, String activation, Recompute recompute) {
    Map<String, Object> values = new HashMap<>(ModelConfig.load(model, "the test").toMap());
    values.put("hidden_act", activation);
    ModelConfig config = ModelConfig.fromMap(values, "the test");
    ComputeOptions options = new ComputeOptions(recompute, Dtype.FLOAT32);
    try (Replica watched = Replica.create(config, BATCH, CONTEXT, OPTIMIZER, 10, options);
        Replica plain = Replica.create(config, BATCH, CONTEXT, OPTIMIZER, 10, options)) {
      watched.initialize(7);
      plain.initialize(7);
      for (int step = 0; step < STEPS; step++) {
        int[] tokens = new Random(step).ints(BATCH * CONTEXT, 0, 20).toArray();
        int[] targets = new Random(1000 + step).ints(BATCH * CONTEXT, 0, 20).toArray();
        assertThat(watched.trainWatched(tokens, targets)).isEqualTo(plain.train(tokens, targets));
      }
      assertThat(values(watched.parameters())).isEqualTo(values(plain.parameters()));

      List<ActivationHealth> health = watched.activationHealth();
      assertThat(health).hasSize(config.numHiddenLayers());
      for (ActivationHealth layer : health) {
        switch (activation) {
          case "relu", "polyrelu" -> {
            assertThat(layer.zeros()).isBetween(0.2, 0.8);
            assertThat(layer.deadChannels()).isBetween(0.0, 0.8);
            assertThat(layer.saturation()).isNaN();
          }
          case "polynorm" -> {
            assertThat(layer.saturation()).isBetween(1.0 / config.intermediateSize(), 1.0);
            assertThat(layer.zeros()).isNaN();
          }
          default ->
              assertThat(layer).isEqualTo(new ActivationHealth(Double.NaN, Double.NaN, Double.NaN));
        }
      }
    }
  }

  private static float[] values(FlatVector vector) {
    float[] values = new float[Math.toIntExact(vector.length())];
    vector.read(0, values, 0, values.length);
    return values;
  }
}
