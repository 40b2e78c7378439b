package io.polyspark.model.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.optimize.AdamWConfig;
import io.polyspark.model.tensor.FlatVector;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ReplicaTest {
  private static final ModelConfig CONFIG = ModelConfig.load("tiny", "the test");
  private static final AdamWConfig OPTIMIZER =
      new AdamWConfig(1e-2, 1e-3, 2, 0.9, 0.95, 1e-8, 0.1, 1);
  private static final int BATCH = 4;
  private static final int CONTEXT = 16;
  private static final int STEPS = 6;

  @Test
  void twoRunsGiveTheSameBits() {
    try (Replica first = initialized();
        Replica second = initialized()) {
      train(first, 0, STEPS);
      train(second, 0, STEPS);
      assertThat(values(second.parameters())).isEqualTo(values(first.parameters()));
    }
  }

  /** Step counts go on: the schedule and the correction of the moments' bias with them. */
  @Test
  void resumedRunEqualsUninterruptedRun() {
    try (Replica whole = initialized();
        Replica begun = initialized();
        Replica resumed = trainable()) {
      train(whole, 0, STEPS);
      train(begun, 0, STEPS / 2);
      copy(begun.parameters(), resumed.parameters());
      copy(begun.firstMoment(), resumed.firstMoment());
      copy(begun.secondMoment(), resumed.secondMoment());
      resumed.completedSteps(begun.completedSteps());
      Replica.Step last = train(resumed, STEPS / 2, STEPS);

      assertThat(last.step()).isEqualTo(STEPS);
      assertThat(values(resumed.parameters())).isEqualTo(values(whole.parameters()));
      assertThat(values(resumed.secondMoment())).isEqualTo(values(whole.secondMoment()));
    }
  }

  @Test
  void restartedStepsGiveOtherBits() {
    try (Replica whole = initialized();
        Replica begun = initialized()) {
      train(whole, 0, STEPS);
      train(begun, 0, STEPS / 2);
      begun.completedSteps(0);
      train(begun, STEPS / 2, STEPS);
      assertThat(values(begun.parameters())).isNotEqualTo(values(whole.parameters()));
    }
  }

  @Test
  void learnsABatchByHeart() {
    AdamWConfig optimizer = new AdamWConfig(1e-2, 1e-2, 0, 0.9, 0.95, 1e-8, 0, 1);
    try (Replica replica = Replica.create(CONFIG, BATCH, CONTEXT, optimizer, 100)) {
      replica.initialize(1);
      double first = replica.train(tokens(0), targets(0)).loss();
      for (int step = 1; step < 100; step++) {
        replica.train(tokens(0), targets(0));
      }
      double last = replica.train(tokens(0), targets(0)).loss();
      assertThat(first).isEqualTo(Math.log(CONFIG.vocabSize()), within(0.1));
      assertThat(last).isLessThan(1);
    }
  }

  @Test
  void takesNoStepWhereTheGradientIsNotFinite() {
    try (Replica replica = initialized()) {
      replica.parameters().write(0, new float[] {Float.NaN}, 0, 1);
      int[] tokens = new int[BATCH * CONTEXT];
      float[] before = values(replica.parameters());
      Replica.Step step = replica.train(tokens, tokens);
      assertThat(step.loss()).isNaN();
      assertThat(values(replica.parameters())).isEqualTo(before);
    }
  }

  @Test
  void tokenLossesAreWhatTrainingMinimises() {
    try (Replica training = initialized();
        Replica reading = Replica.create(CONFIG, BATCH, CONTEXT)) {
      copy(training.parameters(), reading.parameters());
      double[] losses = new double[BATCH * CONTEXT];
      reading.tokenLosses(tokens(0), targets(0), losses);
      double loss = training.train(tokens(0), targets(0)).loss();
      assertThat(Arrays.stream(losses).average().orElseThrow()).isEqualTo(loss, within(1e-6));
    }
  }

  @Test
  void logitsOfARowAreThoseOfTheNetwork() {
    try (Replica replica = initialized()) {
      INDArray tokens = Nd4j.createFromArray(tokens(0)).reshape('c', BATCH, CONTEXT);
      INDArray all = replica.network().outputSingle(tokens);
      for (int row : new int[] {0, CONTEXT - 1, CONTEXT, BATCH * CONTEXT - 1}) {
        float[] logits = replica.logits(tokens(0), row);
        float[] expected = all.getRow(row).dup().data().asFloat();
        assertThat(logits).containsExactly(expected, within(1e-6f));
      }
    }
  }

  /**
   * What comes later in a sequence, and what is in other sequences, changes no earlier position.
   */
  @Test
  void positionsSeeOnlyWhatCameBefore() {
    try (Replica replica = initialized()) {
      int[] tokens = tokens(0);
      double[] before = new double[tokens.length];
      double[] after = new double[tokens.length];
      replica.tokenLosses(tokens, targets(0), before);
      int changed = CONTEXT + 5;
      tokens[changed] = (tokens[changed] + 1) % CONFIG.vocabSize();
      replica.tokenLosses(tokens, targets(0), after);

      for (int row = 0; row < tokens.length; row++) {
        boolean sees = row >= changed && row < 2 * CONTEXT;
        assertThat(after[row] == before[row]).as("row %d", row).isEqualTo(!sees);
      }
    }
  }

  @Test
  void refusesIdsThatTheVocabularyLacks() {
    try (Replica replica = initialized()) {
      int[] tokens = tokens(0);
      tokens[7] = CONFIG.vocabSize();
      assertThatThrownBy(() -> replica.train(tokens, targets(0)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("257");
      assertThatThrownBy(() -> replica.train(targets(0), tokens))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("257");
    }
  }

  @Test
  void coefficientsAreNamedAsInACheckpoint() {
    try (Replica replica = initialized()) {
      assertThat(replica.activationCoefficients())
          .containsOnlyKeys(
              "model.layers.0.mlp.act_fn.weight",
              "model.layers.0.mlp.act_fn.bias",
              "model.layers.1.mlp.act_fn.weight",
              "model.layers.1.mlp.act_fn.bias");
      assertThat(replica.activationCoefficients().get("model.layers.1.mlp.act_fn.weight"))
          .containsExactly(new double[] {1 / 3.0, 1 / 3.0, 1 / 3.0}, within(1e-7));
    }
  }

  private static Replica trainable() {
    return Replica.create(CONFIG, BATCH, CONTEXT, OPTIMIZER, STEPS);
  }

  private static Replica initialized() {
    Replica replica = trainable();
    replica.initialize(7);
    return replica;
  }

  private static Replica.Step train(Replica replica, int from, int to) {
    Replica.Step last = null;
    for (int step = from; step < to; step++) {
      last = replica.train(tokens(step), targets(step));
    }
    return last;
  }

  /** Few different ids, so that many positions add to the same row of the embedding's gradient. */
  private static int[] tokens(int step) {
    return new Random(step).ints(BATCH * CONTEXT, 0, 20).toArray();
  }

  private static int[] targets(int step) {
    return new Random(1000 + step).ints(BATCH * CONTEXT, 0, CONFIG.vocabSize()).toArray();
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
