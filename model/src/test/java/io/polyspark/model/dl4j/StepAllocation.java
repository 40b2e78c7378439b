package io.polyspark.model.dl4j;

import com.sun.management.ThreadMXBean;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.optimize.AdamWConfig;
import io.polyspark.model.transformer.Recompute;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.Pointer;

/**
 * What warm training steps allocate.
 *
 * @param nativeBytes of all steps together, by JavaCPP's count
 * @param nativeBlocks likewise
 * @param heapBytes per step
 */
record StepAllocation(long nativeBytes, long nativeBlocks, long heapBytes) {
  static final long HEAP_LIMIT = 64 << 10;

  /** So many steps in a row below the limit are warm: interpreted loops make objects too. */
  private static final int WARM = 5;

  private static final int LONGEST_WARM_UP = 300;
  private static final int STEPS = 20;
  private static final int BATCH = 8;
  private static final AdamWConfig OPTIMIZER =
      new AdamWConfig(1e-3, 1e-4, 2, 0.9, 0.95, 1e-8, 0.1, 1);
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** A model of rows as wide as those of the presets; arguments: an activation. */
  public static void main(String[] arguments) {
    ModelConfig config =
        model(arguments[0], Map.of("intermediate_size", 1536, "num_hidden_layers", 2));
    System.out.println(measure(config, Recompute.NONE));
  }

  static ModelConfig model(String activation, Map<String, Object> more) {
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

  static StepAllocation measure(ModelConfig config, Recompute recompute) {
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
      long bytes = Pointer.totalBytes();
      long blocks = Pointer.totalCount();
      long heap = heapPerStep(replica, tokens, STEPS);
      return new StepAllocation(Pointer.totalBytes() - bytes, Pointer.totalCount() - blocks, heap);
    }
  }

  /** The compiler works in the background: how many steps it needs depends on the machine. */
  private static void warmUp(Replica replica, int[] tokens) {
    int warm = 0;
    for (int step = 0; step < LONGEST_WARM_UP && warm < WARM; step++) {
      warm = heapPerStep(replica, tokens, 1) < HEAP_LIMIT ? warm + 1 : 0;
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
