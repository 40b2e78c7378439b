package io.polyspark.model.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.config.UserError;
import io.polyspark.model.optimize.AdamWConfig;
import io.polyspark.model.tensor.Device;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.model.transformer.Recompute;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Bfloat16TrainingTest {
  private static final int BATCH = 8;
  private static final int CONTEXT = 16;
  private static final int STEPS = 60;
  private static final AdamWConfig OPTIMIZER =
      new AdamWConfig(3e-3, 3e-4, 5, 0.9, 0.95, 1e-8, 0.1, 1);

  @BeforeEach
  void onlyWhereTheProcessorCan() {
    assumeTheProcessorCan();
  }

  /** Skips a test on processors without bfloat16. */
  static void assumeTheProcessorCan() {
    try {
      KernelsProvider.requireProducts(Dtype.BF16, Device.CPU);
    } catch (UserError e) {
      assumeTrue(false, "skipped: " + e.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiny", "moe-tiny"})
  void learnsAsFloat32Does(String model) {
    double[] rounded = new double[STEPS];
    double[] exact = new double[STEPS];
    train(model, Dtype.BF16, Recompute.NONE, rounded);
    train(model, Dtype.FLOAT32, Recompute.NONE, exact);
    assertThat(exact[STEPS - 1]).isLessThan(0.8 * exact[0]);
    for (int step = 0; step < STEPS; step++) {
      assertThat(rounded[step]).as("step " + step).isCloseTo(exact[step], within(0.01 * exact[0]));
    }
    assertThat(rounded).isNotEqualTo(exact);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiny", "moe-tiny"})
  void twoRunsGiveTheSameBitsRecomputedOrNot(String model) {
    double[] losses = new double[STEPS];
    float[] first = train(model, Dtype.BF16, Recompute.NONE, losses);
    assertThat(train(model, Dtype.BF16, Recompute.NONE, losses)).isEqualTo(first);
    assertThat(train(model, Dtype.BF16, Recompute.BLOCK, losses)).isEqualTo(first);
  }

  /**
   * On a text that repeats itself, so that there is something to learn.
   *
   * @param losses filled, one per step
   * @return the parameters at the end
   */
  private static float[] train(String model, Dtype dtype, Recompute recompute, double[] losses) {
    ModelConfig config = ModelConfig.load(model, "the test");
    int[] text = new Random(3).ints(24, 0, config.vocabSize()).toArray();
    ComputeOptions options = new ComputeOptions(recompute, dtype);
    try (Replica replica = Replica.create(config, BATCH, CONTEXT, OPTIMIZER, STEPS, options)) {
      replica.initialize(1);
      for (int step = 0; step < STEPS; step++) {
        losses[step] = replica.train(batch(text, step), batch(text, step + 1)).loss();
      }
      return values(replica.parameters());
    }
  }

  private static int[] batch(int[] text, int offset) {
    int[] batch = new int[BATCH * CONTEXT];
    Arrays.setAll(batch, i -> text[(offset + i) % text.length]);
    return batch;
  }

  private static float[] values(FlatVector vector) {
    float[] values = new float[(int) vector.length()];
    vector.read(0, values, 0, values.length);
    return values;
  }
}
