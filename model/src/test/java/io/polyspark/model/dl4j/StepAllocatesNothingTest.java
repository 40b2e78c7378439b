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
import java.lang.management.ThreadInfo;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Once it is warm, a training step takes no native memory, and next to nothing of the heap: in the
 * loops of the Vector API, whatever the compiler does not replace by instructions makes objects.
 */
class StepAllocatesNothingTest {
  /** So many steps in a row below the limit are warm: interpreted loops make objects too. */
  private static final int WARM = 5;

  private static final int LONGEST_WARM_UP = 300;
  private static final int STEPS = 20;
  private static final long HEAP_PER_STEP = 64 << 10;
  private static final int BATCH = 8;
  private static final AdamWConfig OPTIMIZER =
      new AdamWConfig(1e-3, 1e-4, 2, 0.9, 0.95, 1e-8, 0.1, 1);
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @BeforeEach
  void onlyOnVectorKernels() {
    try (Kernels kernels = KernelsProvider.create(Precision.FLOAT32)) {
      assumeTrue(
          kernels.description().startsWith("vector"),
          "skipped: without the Vector API, ND4J computes and allocates as it likes");
    }
  }

  /** Every row is a whole number of vectors, or so short that it is none. */
  @ParameterizedTest
  @ValueSource(strings = {"polynorm", "polyrelu", "swiglu", "gelu", "relu"})
  void dense(String activation) {
    check(model(activation, Map.of("num_key_value_heads", 2)), Recompute.NONE);
  }

  /** No row is a whole number of vectors. */
  @ParameterizedTest
  @ValueSource(strings = {"polynorm", "polyrelu", "swiglu", "gelu", "relu"})
  void denseOfOddSizes(String activation) {
    check(
        odd(activation, Map.of("num_attention_heads", 6, "num_key_value_heads", 3)),
        Recompute.NONE);
  }

  @Test
  void withRecomputation() {
    check(model("polynorm", Map.of()), Recompute.BLOCK);
  }

  @Test
  void mixtureOfExperts() {
    Map<String, Object> experts =
        Map.of("num_experts", 8, "num_experts_per_tok", 2, "qk_norm", true);
    check(model("polynorm", experts), Recompute.NONE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"polynorm", "swiglu"})
  void mixtureOfExpertsOfOddSizes(String activation) {
    Map<String, Object> experts =
        Map.of("num_experts", 7, "num_experts_per_tok", 3, "qk_norm", true);
    check(odd(activation, experts), Recompute.NONE);
  }

  private static ModelConfig model(String activation, Map<String, Object> more) {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("vocab_size", 1000);
    keys.put("hidden_size", 64);
    keys.put("intermediate_size", 192);
    keys.put("num_hidden_layers", 4);
    keys.put("num_attention_heads", 4);
    keys.put("max_position_embeddings", 128);
    keys.put("hidden_act", activation);
    keys.putAll(more);
    return ModelConfig.fromMap(keys, "the test");
  }

  private static ModelConfig odd(String activation, Map<String, Object> more) {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("vocab_size", 1001);
    keys.put("hidden_size", 60);
    keys.put("intermediate_size", 190);
    keys.put("num_attention_heads", 3);
    keys.put("max_position_embeddings", 127);
    keys.putAll(more);
    return model(activation, keys);
  }

  private static void check(ModelConfig config, Recompute recompute) {
    int context = config.maxPositionEmbeddings();
    int[] tokens = new Random(1).ints((long) BATCH * context, 0, config.vocabSize()).toArray();
    try (Replica replica =
        Replica.create(
            config,
            BATCH,
            context,
            OPTIMIZER,
            LONGEST_WARM_UP + STEPS,
            ComputeOptions.DEFAULT.withRecompute(recompute))) {
      replica.initialize(1);
      warmUp(replica, tokens);
      long nativeBefore = Pointer.totalBytes();
      long countBefore = Pointer.totalCount();
      long heap = heapPerStep(replica, tokens, STEPS);
      assertThat(Pointer.totalBytes()).as("native bytes").isEqualTo(nativeBefore);
      assertThat(Pointer.totalCount()).as("native blocks").isEqualTo(countBefore);
      assertThat(heap).as("bytes of heap per step").isLessThan(HEAP_PER_STEP);
    }
  }

  /** The compiler works in the background: how many steps it needs depends on the machine. */
  private static void warmUp(Replica replica, int[] tokens) {
    int warm = 0;
    for (int step = 0; step < LONGEST_WARM_UP && warm < WARM; step++) {
      warm = heapPerStep(replica, tokens, 1) < HEAP_PER_STEP ? warm + 1 : 0;
    }
  }

  private static long heapPerStep(Replica replica, int[] tokens, int steps) {
    long before = allocated();
    for (int step = 0; step < steps; step++) {
      replica.train(tokens, tokens);
    }
    return (allocated() - before) / steps;
  }

  /** By this thread and by those of the kernels, so far. */
  private static long allocated() {
    long[] kernels =
        Arrays.stream(THREADS.getThreadInfo(THREADS.getAllThreadIds()))
            .filter(thread -> thread != null && thread.getThreadName().startsWith("kernels-"))
            .mapToLong(ThreadInfo::getThreadId)
            .toArray();
    return THREADS.getCurrentThreadAllocatedBytes()
        + Arrays.stream(THREADS.getThreadAllocatedBytes(kernels)).sum();
  }
}
