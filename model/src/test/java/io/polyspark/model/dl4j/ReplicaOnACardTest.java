package io.polyspark.model.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.device.CudaException;
import io.polyspark.model.optimize.AdamWConfig;
import io.polyspark.model.tensor.Device;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.model.tensor.cuda.CardUnderTest;
import io.polyspark.model.tensor.cuda.EmulatedDevice;
import io.polyspark.model.transformer.ExpertLoad;
import io.polyspark.model.transformer.Recompute;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A replica on a card beside one on the CPU: what it trains, scores and writes. */
class ReplicaOnACardTest {
  private static final int BATCH = 2;
  private static final int CONTEXT = 24;
  private static final int STEPS = 4;
  private static final ComputeOptions CARD = ComputeOptions.DEFAULT.withDevice(Device.CUDA);

  @BeforeAll
  static void device() {
    CardUnderTest.require();
  }

  private static ModelConfig model(int experts) {
    Map<String, Object> keys = new HashMap<>();
    keys.put("vocab_size", 61);
    keys.put("hidden_size", 32);
    keys.put("intermediate_size", 40);
    keys.put("num_hidden_layers", 2);
    keys.put("num_attention_heads", 4);
    keys.put("num_key_value_heads", 2);
    keys.put("max_position_embeddings", CONTEXT);
    keys.put("hidden_act", "polynorm");
    if (experts > 0) {
      keys.put("num_experts", experts);
      keys.put("num_experts_per_tok", 2);
      keys.put("router_aux_loss_coef", 0.01);
      keys.put("router_z_loss_coef", 0.001);
    }
    return ModelConfig.fromMap(keys, "the test");
  }

  private static Replica replica(ModelConfig model, ComputeOptions options) {
    AdamWConfig optimizer = new AdamWConfig(1e-2, 1e-3, 1, 0.9, 0.95, 1e-8, 0.1, 1);
    Replica replica = Replica.create(model, BATCH, CONTEXT, optimizer, STEPS, options);
    replica.initialize(5);
    return replica;
  }

  private static int[] tokens(int seed) {
    return new Random(seed).ints(BATCH * CONTEXT, 0, 61).toArray();
  }

  private static List<Replica.Step> train(Replica replica) {
    List<Replica.Step> steps = new ArrayList<>();
    for (int step = 0; step < STEPS; step++) {
      steps.add(replica.train(tokens(step), tokens(step + 1)));
    }
    return steps;
  }

  private static float[] numbers(FlatVector vector) {
    float[] all = new float[Math.toIntExact(vector.length())];
    // In pieces, as chunks are read.
    for (int at = 0; at < all.length; at += 1000) {
      vector.read(at, all, at, Math.min(1000, all.length - at));
    }
    return all;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4})
  void trainsAsOnTheCpu(int experts) {
    ModelConfig model = model(experts);
    try (Replica cpu = replica(model, ComputeOptions.DEFAULT);
        Replica card = replica(model, CARD)) {
      assertThat(numbers(card.parameters())).isEqualTo(numbers(cpu.parameters()));
      List<Replica.Step> expected = train(cpu);
      List<Replica.Step> found = train(card);
      for (int step = 0; step < STEPS; step++) {
        assertThat(found.get(step).loss()).isCloseTo(expected.get(step).loss(), within(1e-4));
        assertThat(found.get(step).objective())
            .isCloseTo(expected.get(step).objective(), within(1e-4));
        assertThat(found.get(step).gradientNorm())
            .isCloseTo(expected.get(step).gradientNorm(), within(1e-3));
        assertClose(found.get(step).experts(), expected.get(step).experts());
      }
      float[] one = numbers(cpu.parameters());
      float[] other = numbers(card.parameters());
      for (int i = 0; i < one.length; i++) {
        assertThat(other[i]).isCloseTo(one[i], within(2e-3f));
      }
    }
  }

  /** A row or two whose experts are nearly equal may go to another. */
  private static void assertClose(List<ExpertLoad> found, List<ExpertLoad> expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int layer = 0; layer < found.size(); layer++) {
      ExpertLoad load = found.get(layer);
      assertThat(load.zLoss()).isCloseTo(expected.get(layer).zLoss(), within(1e-3));
      for (int expert = 0; expert < load.slots().size(); expert++) {
        assertThat(load.slots().get(expert))
            .isCloseTo(expected.get(layer).slots().get(expert), within(2L));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Recompute.class)
  void givesTheSameBitsAgain(Recompute recompute) {
    ComputeOptions options = new ComputeOptions(recompute, Dtype.BF16, Device.CUDA);
    float[] first;
    List<Replica.Step> steps;
    try (Replica replica = replica(model(4), options)) {
      steps = train(replica);
      first = numbers(replica.parameters());
    }
    try (Replica replica = replica(model(4), options)) {
      assertThat(train(replica)).isEqualTo(steps);
      assertThat(numbers(replica.parameters())).isEqualTo(first);
    }
  }

  /** Recomputation changes no bit: it is the same arithmetic twice. */
  @Test
  void recomputesTheSameBits() {
    List<float[]> found = new ArrayList<>();
    for (Recompute recompute : Recompute.values()) {
      try (Replica replica =
          replica(model(0), new ComputeOptions(recompute, Dtype.BF16, Device.CUDA))) {
        train(replica);
        found.add(numbers(replica.parameters()));
      }
    }
    assertThat(found.get(1)).isEqualTo(found.get(0));
    assertThat(found.get(2)).isEqualTo(found.get(0));
  }

  @Test
  void threadsOnTheCardInAnyOrderGiveTheSameBits() {
    List<float[]> found = new ArrayList<>();
    CardUnderTest.inEveryOrder(
        schedule -> {
          try (Replica replica =
              replica(model(4), new ComputeOptions(Recompute.NONE, Dtype.BF16, Device.CUDA))) {
            train(replica);
            found.add(numbers(replica.parameters()));
          }
        });
    assertThat(found.get(1)).isEqualTo(found.get(0));
    assertThat(found.get(2)).isEqualTo(found.get(0));
  }

  @Test
  void goesOnFromWhatWasWritten() {
    ModelConfig model = model(0);
    try (Replica whole = replica(model, CARD);
        Replica resumed = replica(model, CARD)) {
      whole.train(tokens(0), tokens(1));
      for (int step = 0; step < 2; step++) {
        resumed.train(tokens(7), tokens(8));
      }
      copy(whole.parameters(), resumed.parameters());
      copy(whole.firstMoment(), resumed.firstMoment());
      copy(whole.secondMoment(), resumed.secondMoment());
      resumed.completedSteps(whole.completedSteps());
      assertThat(train(resumed)).isEqualTo(train(whole));
    }
  }

  private static void copy(FlatVector from, FlatVector to) {
    float[] all = numbers(from);
    to.write(0, all, 0, all.length);
  }

  @Test
  void scoresAndWritesAsTheCpu() {
    ModelConfig model = model(4);
    try (Replica cpu = replica(model, ComputeOptions.DEFAULT);
        Replica card = replica(model, CARD)) {
      double[] expected = new double[BATCH * CONTEXT];
      double[] found = new double[BATCH * CONTEXT];
      cpu.tokenLosses(tokens(1), tokens(2), expected);
      card.tokenLosses(tokens(1), tokens(2), found);
      assertThat(found).containsExactly(expected, within(1e-4));
      int[] positions = {3, 17, 40};
      int[] targets = {1, 60, 0};
      assertThat(card.tokenLosses(tokens(1), BATCH, positions, targets))
          .containsExactly(cpu.tokenLosses(tokens(1), BATCH, positions, targets), within(1e-4));
      assertThat(card.logits(tokens(1), 5))
          .containsExactly(cpu.logits(tokens(1), 5), within(1e-3f));
      assertThat(card.activationCoefficients().keySet())
          .isEqualTo(cpu.activationCoefficients().keySet());
      try (TokenDecoder one = cpu.decoder(2, CONTEXT);
          TokenDecoder other = card.decoder(2, CONTEXT)) {
        assertThat(other.read(0, new int[] {1, 2, 3, 4, 5}))
            .containsExactly(one.read(0, new int[] {1, 2, 3, 4, 5}), within(1e-3f));
        assertThat(other.read(1, new int[] {6, 7}))
            .containsExactly(one.read(1, new int[] {6, 7}), within(1e-3f));
        float[][] expectedNext = one.step(new int[] {0, 1}, new int[] {8, 9});
        float[][] next = other.step(new int[] {0, 1}, new int[] {8, 9});
        assertThat(next[0]).containsExactly(expectedNext[0], within(1e-3f));
        assertThat(next[1]).containsExactly(expectedNext[1], within(1e-3f));
      }
    }
  }

  @Test
  void watchedStepsTrainTheSame() {
    ModelConfig model = model(0);
    try (Replica plain = replica(model, CARD);
        Replica watched = replica(model, CARD)) {
      for (int step = 0; step < STEPS; step++) {
        assertThat(watched.trainWatched(tokens(step), tokens(step + 1)))
            .isEqualTo(plain.train(tokens(step), tokens(step + 1)));
      }
      assertThat(watched.activationHealth()).hasSize(2);
      assertThat(numbers(watched.parameters())).isEqualTo(numbers(plain.parameters()));
    }
  }

  @Test
  void aLostCardFailsTheStepAndTheNextReplicaGoesOn() {
    assumeFalse(CardUnderTest.isReal(), "a real card is not lost on purpose");
    ModelConfig model = model(0);
    float[] expected;
    try (Replica replica = replica(model, CARD)) {
      train(replica);
      expected = numbers(replica.parameters());
    }
    Replica broken = replica(model, CARD);
    broken.train(tokens(0), tokens(1));
    EmulatedDevice.loseAfter(3);
    try {
      assertThatThrownBy(() -> train(broken))
          .isInstanceOf(CudaException.class)
          .hasMessageContaining("The card is lost to this process");
    } finally {
      EmulatedDevice.recover();
    }
    broken.close();
    try (Replica replica = replica(model, CARD)) {
      train(replica);
      assertThat(numbers(replica.parameters())).isEqualTo(expected);
    }
  }
}
