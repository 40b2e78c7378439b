package io.polyspark.model.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.config.UserError;
import io.polyspark.model.optimize.AdamWConfig;
import io.polyspark.model.tensor.Device;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.tensor.cuda.CardUnderTest;
import io.polyspark.model.transformer.Recompute;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a replica takes of a card's memory, against what is said ahead. */
class MemoryOnACardTest {
  private static final long MEBIBYTE = 1 << 20;

  /** A real card's driver hands memory out by pages, and has its own for the code of kernels. */
  private static final long OF_A_REAL_DRIVER = 64 * MEBIBYTE;

  @BeforeAll
  static void device() {
    CardUnderTest.require();
  }

  private static long besideWhatIsCounted() {
    return CardUnderTest.isReal() ? OF_A_REAL_DRIVER : 0;
  }

  private static ModelConfig model(int experts) {
    Map<String, Object> keys = new HashMap<>();
    keys.put("vocab_size", 1009);
    keys.put("hidden_size", 64);
    keys.put("intermediate_size", 96);
    keys.put("num_hidden_layers", 3);
    keys.put("num_attention_heads", 4);
    keys.put("max_position_embeddings", 64);
    keys.put("hidden_act", "polynorm");
    if (experts > 0) {
      keys.put("num_experts", experts);
      keys.put("num_experts_per_tok", 2);
    }
    return ModelConfig.fromMap(keys, "the test");
  }

  /**
   * Beside what is counted there are sums of blocks, lists of addresses and what 256 bytes of
   * alignment cost: some of a megabyte.
   */
  @ParameterizedTest
  @CsvSource({
    "FLOAT32, NONE, 0",
    "FLOAT32, BLOCK, 0",
    "BF16, NONE, 0",
    "BF16, MLP, 0",
    "BF16, NONE, 4",
    "BF16, BLOCK, 4"
  })
  void isWhatTheFormulaSays(Dtype dtype, Recompute recompute, int experts) {
    ComputeOptions options = new ComputeOptions(recompute, dtype, Device.CUDA);
    ModelConfig model = model(experts);
    int batch = 16;
    long counted =
        MemoryEstimate.of(model, batch, 64, MemoryPlan.Purpose.TRAINING, options).total();
    AdamWConfig optimizer = new AdamWConfig(1e-3, 1e-4, 1, 0.9, 0.95, 1e-8, 0.1, 1);
    long before = CardUnderTest.freeBytes();
    try (Replica replica = Replica.create(model, batch, 64, optimizer, 3, options)) {
      replica.initialize(1);
      for (int step = 0; step < 3; step++) {
        int[] tokens = new Random(step).ints(batch * 64L, 0, 1009).toArray();
        replica.train(tokens, tokens);
      }
      long taken = before - CardUnderTest.freeBytes();
      assertThat(taken)
          .isBetween(
              counted - counted / 50,
              counted + counted / 50 + 2 * MEBIBYTE + besideWhatIsCounted());
    }
    assertThat(CardUnderTest.freeBytes()).isGreaterThanOrEqualTo(before - besideWhatIsCounted());
  }

  @Test
  void tooLittleIsToldWithWhatReducesIt() {
    assumeFalse(CardUnderTest.isReal(), "a real card has more than this asks for");
    ComputeOptions options = new ComputeOptions(Recompute.NONE, Dtype.FLOAT32, Device.CUDA);
    long before = CardUnderTest.freeBytes();
    try (Replica replica = Replica.create(model(0), 200_000, 64, options)) {
      int[] tokens = new int[200_000 * 64];
      assertThatThrownBy(() -> replica.tokenLosses(tokens, tokens, new double[tokens.length]))
          .isInstanceOf(UserError.class)
          .hasMessageMatching(
              "GPU 0 has no room for the activations of a batch: [\\d,]+ MiB are needed beside the"
                  + " [\\d,]+ MiB that this replica has taken, and [\\d,]+ MiB are free: take a"
                  + " smaller batch or context, recompute: mlp or block, or dtype: bf16\\.");
    }
    assertThat(CardUnderTest.freeBytes()).isEqualTo(before);
  }
}
