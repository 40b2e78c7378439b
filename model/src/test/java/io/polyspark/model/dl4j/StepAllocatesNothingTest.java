package io.polyspark.model.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.optimize.AdamWConfig;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.model.tensor.Precision;
import io.polyspark.model.transformer.Recompute;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Once it is warm, a training step takes no native memory, and next to nothing of the heap. */
class StepAllocatesNothingTest {
  /** The JIT has compiled the loops by then: interpreted, the Vector API makes objects. */
  private static final int WARM_UP = 40;

  private static final int STEPS = 20;
  private static final long HEAP_PER_STEP = 64 << 10;
  private static final int BATCH = 8;
  private static final int CONTEXT = 128;
  private static final AdamWConfig OPTIMIZER =
      new AdamWConfig(1e-3, 1e-4, 2, 0.9, 0.95, 1e-8, 0.1, 1);

  @BeforeEach
  void onlyOnVectorKernels() {
    try (Kernels kernels = KernelsProvider.create(Precision.FLOAT32)) {
      assumeTrue(
          kernels.description().startsWith("vector"),
          "skipped: without the Vector API, ND4J computes and allocates as it likes");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"polynorm", "polyrelu", "swiglu", "gelu", "relu"})
  void dense(String activation) {
    check(model(activation, Map.of("num_key_value_heads", 2)), Recompute.NONE);
  }

  @Test
  void withRecomputation() {
    check(model("polynorm", Map.of()), Recompute.BLOCK);
  }

  @Test
  void mixtureOfExperts() {
    Map<String, Object> experts = new LinkedHashMap<>();
    experts.put("num_experts", 8);
    experts.put("num_experts_per_tok", 2);
    experts.put("qk_norm", true);
    check(model("polynorm", experts), Recompute.NONE);
  }

  private static ModelConfig model(String activation, Map<String, Object> more) {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("vocab_size", 1000);
    keys.put("hidden_size", 64);
    keys.put("intermediate_size", 192);
    keys.put("num_hidden_layers", 4);
    keys.put("num_attention_heads", 4);
    keys.put("max_position_embeddings", CONTEXT);
    keys.put("hidden_act", activation);
    keys.putAll(more);
    return ModelConfig.fromMap(keys, "the test");
  }

  private static void check(ModelConfig config, Recompute recompute) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int[] tokens = new Random(1).ints(BATCH * CONTEXT, 0, config.vocabSize()).toArray();
    try (Replica replica =
        Replica.create(
            config,
            BATCH,
            CONTEXT,
            OPTIMIZER,
            WARM_UP + STEPS,
            ComputeOptions.DEFAULT.withRecompute(recompute))) {
      replica.initialize(1);
      for (int step = 0; step < WARM_UP; step++) {
        replica.train(tokens, tokens);
      }
      long nativeBefore = Pointer.totalBytes();
      long countBefore = Pointer.totalCount();
      long heapBefore = threads.getCurrentThreadAllocatedBytes();
      for (int step = 0; step < STEPS; step++) {
        replica.train(tokens, tokens);
      }
      long heap = (threads.getCurrentThreadAllocatedBytes() - heapBefore) / STEPS;
      assertThat(Pointer.totalBytes()).as("native bytes").isEqualTo(nativeBefore);
      assertThat(Pointer.totalCount()).as("native blocks").isEqualTo(countBefore);
      assertThat(heap).as("bytes of heap per step").isLessThan(HEAP_PER_STEP);
    }
  }
}
