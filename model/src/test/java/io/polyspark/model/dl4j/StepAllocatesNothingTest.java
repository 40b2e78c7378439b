package io.polyspark.model.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.model.tensor.NewJvm;
import io.polyspark.model.tensor.Precision;
import io.polyspark.model.transformer.Recompute;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Once it is warm, a training step takes no native memory, and next to nothing of the heap: in the
 * loops of the Vector API, whatever the compiler does not replace by instructions makes objects.
 */
class StepAllocatesNothingTest {
  private static final Pattern RESULT =
      Pattern.compile("StepAllocation\\[nativeBytes=0, nativeBlocks=0, heapBytes=(\\d+)]");

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
    check(StepAllocation.model(activation, Map.of("num_key_value_heads", 2)), Recompute.NONE);
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
    check(StepAllocation.model("polynorm", Map.of()), Recompute.BLOCK);
  }

  @Test
  void mixtureOfExperts() {
    Map<String, Object> experts =
        Map.of("num_experts", 8, "num_experts_per_tok", 2, "qk_norm", true);
    check(StepAllocation.model("polynorm", experts), Recompute.NONE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"polynorm", "swiglu"})
  void mixtureOfExpertsOfOddSizes(String activation) {
    Map<String, Object> experts =
        Map.of("num_experts", 7, "num_experts_per_tok", 3, "qk_norm", true);
    check(odd(activation, experts), Recompute.NONE);
  }

  /**
   * What the compiler inlines where depends on which loop was hot first, on which thread, and for
   * how long: on wide rows and two threads, and in JVMs that have compiled nothing else.
   */
  @ParameterizedTest
  @ValueSource(strings = {"polynorm", "swiglu"})
  void wideRowsInANewJvm(String activation) throws Exception {
    checkWideRows(activation, 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"polynorm", "polyrelu", "swiglu", "gelu"})
  @Tag("large")
  void wideRowsInSomeNewJvms(String activation) throws Exception {
    checkWideRows(activation, 2);
  }

  private static void checkWideRows(String activation, int jvms) throws Exception {
    for (int jvm = 0; jvm < jvms; jvm++) {
      String said =
          new NewJvm()
              .flags("--add-modules=jdk.incubator.vector")
              .environment("OMP_NUM_THREADS", "2")
              .run(StepAllocation.class, activation);
      Matcher result = RESULT.matcher(said);
      assertThat(result.find()).as(said).isTrue();
      assertThat(Long.parseLong(result.group(1))).as(said).isLessThan(StepAllocation.HEAP_LIMIT);
    }
  }

  private static ModelConfig odd(String activation, Map<String, Object> more) {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("vocab_size", 1001);
    keys.put("hidden_size", 60);
    keys.put("intermediate_size", 190);
    keys.put("num_attention_heads", 3);
    keys.put("max_position_embeddings", 127);
    keys.putAll(more);
    return StepAllocation.model(activation, keys);
  }

  private static void check(ModelConfig config, Recompute recompute) {
    StepAllocation step = StepAllocation.measure(config, recompute);
    assertThat(step.nativeBytes()).as("native bytes").isZero();
    assertThat(step.nativeBlocks()).as("native blocks").isZero();
    assertThat(step.heapBytes()).as("bytes of heap per step").isLessThan(StepAllocation.HEAP_LIMIT);
  }
}
