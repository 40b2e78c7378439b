package io.polyspark.model.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.optimize.AdamWConfig;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.model.transformer.ExpertLoad;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What {@link ReplicaTest} asks of a dense model, and what mixtures of experts have beyond it. */
class MixtureOfExpertsReplicaTest {
  private static final ModelConfig CONFIG = ModelConfig.load("moe-tiny", "the test");
  private static final int BATCH = 4;
  private static final int CONTEXT = 16;
  private static final int STEPS = 6;

  @Test
  void resumedRunEqualsUninterruptedRun() {
    try (Replica whole = initialized();
        Replica resumed = trainable()) {
      train(whole, 0, STEPS / 2);
      copy(whole.parameters(), resumed.parameters());
      copy(whole.firstMoment(), resumed.firstMoment());
      copy(whole.secondMoment(), resumed.secondMoment());
      resumed.completedSteps(whole.completedSteps());
      train(whole, STEPS / 2, STEPS);
      train(resumed, STEPS / 2, STEPS);
      assertThat(values(resumed.parameters())).isEqualTo(values(whole.parameters()));
      assertThat(values(resumed.secondMoment())).isEqualTo(values(whole.secondMoment()));
    }
  }

  @Test
  void learnsABatchByHeart() {
    AdamWConfig optimizer = new AdamWConfig(1e-2, 1e-2, 0, 0.9, 0.95, 1e-8, 0, 1);
    try (Replica replica = Replica.create(CONFIG, BATCH, CONTEXT, optimizer, 100)) {
      replica.initialize(1);
      double first = replica.train(tokens(0), tokens(1)).loss();
      for (int step = 1; step < 100; step++) {
        replica.train(tokens(0), tokens(1));
      }
      assertThat(first).isEqualTo(Math.log(CONFIG.vocabSize()), within(0.1));
      assertThat(replica.train(tokens(0), tokens(1)).loss()).isLessThan(1);
    }
  }

  @Test
  void theLossIsTheCrossEntropyAndTheObjectiveHasTheRoutersLossesToo() {
    try (Replica training = initialized();
        Replica reading = Replica.create(CONFIG, BATCH, CONTEXT)) {
      copy(training.parameters(), reading.parameters());
      double[] losses = new double[BATCH * CONTEXT];
      reading.tokenLosses(tokens(0), tokens(1), losses);
      Replica.Step step = training.train(tokens(0), tokens(1));

      assertThat(step.loss())
          .isEqualTo(Arrays.stream(losses).average().orElseThrow(), within(1e-6));
      assertThat(step.experts()).hasSize(CONFIG.numHiddenLayers());
      double added = 0;
      for (ExpertLoad load : step.experts()) {
        assertThat(load.slots()).hasSize(CONFIG.numExperts());
        assertThat(load.slots().stream().mapToLong(slots -> slots).sum())
            .isEqualTo((long) BATCH * CONTEXT * CONFIG.numExpertsPerTok());
        added +=
            CONFIG.routerAuxLossCoef() * load.loadBalancingLoss()
                + CONFIG.routerZLossCoef() * load.zLoss();
      }
      assertThat(step.objective())
          .isEqualTo(step.loss() + added / CONFIG.numHiddenLayers(), within(1e-12));
    }
  }

  private static Replica trainable() {
    AdamWConfig optimizer = new AdamWConfig(1e-2, 1e-3, 2, 0.9, 0.95, 1e-8, 0.1, 1);
    return Replica.create(CONFIG, BATCH, CONTEXT, optimizer, STEPS);
  }

  private static Replica initialized() {
    Replica replica = trainable();
    replica.initialize(7);
    return replica;
  }

  private static void train(Replica replica, int from, int to) {
    for (int step = from; step < to; step++) {
      replica.train(tokens(step), tokens(1000 + step));
    }
  }

  private static int[] tokens(int seed) {
    return new Random(seed).ints(BATCH * CONTEXT, 0, CONFIG.vocabSize()).toArray();
  }

  private static float[] values(FlatVector vector) {
    float[] values = new float[Math.toIntExact(vector.length())];
    vector.read(0, values, 0, values.length);
    return values;
  }

  private static void copy(FlatVector from, FlatVector to) {
    float[] values = values(from);
    to.write(0, values, 0, values.length);
  }
}
