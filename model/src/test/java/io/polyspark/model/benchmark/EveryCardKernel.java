package io.polyspark.model.benchmark;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.KernelsSource;
import io.polyspark.model.tensor.cuda.CudaCardKernels;
import io.polyspark.model.tensor.operations.OperationsUnderTest;
import io.polyspark.model.transformer.Recompute;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Runs every kernel at awkward sizes: single operations in float32, and steps of small models in
 * bfloat16. Once for CUDA's sanitizer; twice to hold the bits of one run against those of the
 * other.
 */
public final class EveryCardKernel {
  /** Launched, captured, replayed. */
  private static final int STEPS = 3;

  private EveryCardKernel() {}

  /**
   * Ends with 1 where two runs differ.
   *
   * @param arguments {@code once} or {@code twice}
   */
  public static void main(String[] arguments) {
    boolean twice = arguments.length == 1 && arguments[0].equals("twice");
    List<String> different = new ArrayList<>();
    int results = 0;
    for (Supplier<Map<String, double[]>> run : runs()) {
      Map<String, double[]> first = run.get();
      results += first.size();
      if (twice) {
        Map<String, double[]> second = run.get();
        first.entrySet().stream()
            .filter(entry -> !Arrays.equals(entry.getValue(), second.get(entry.getKey())))
            .forEach(entry -> different.add(entry.getKey()));
      }
    }
    System.out.printf(
        "%d results%s%n", results, twice ? ", of which %d differ".formatted(different.size()) : "");
    different.forEach(name -> System.out.println("Two runs give different bits: " + name));
    System.exit(different.isEmpty() ? 0 : 1);
  }

  /** Of the sizes one is below a warp, others above a block and no multiples of anything. */
  private static List<Supplier<Map<String, double[]>>> runs() {
    CardSizes tiny = CardSizes.tiny();
    return List.of(
        () -> operations(kernels -> OperationsUnderTest.run(kernels, 3, 5, 1)),
        () -> operations(kernels -> OperationsUnderTest.run(kernels, 67, 129, 1)),
        () -> attention(new AttentionShape(2, 67, 4, 2, 34)),
        () -> attention(new AttentionShape(1, 131, 2, 1, 128)),
        () -> operations(kernels -> OperationsUnderTest.crossEntropy(kernels, 65, 33, 257, 1)),
        () -> steps("dense", tiny.dense(), 3, 13),
        () -> steps("experts", tiny.experts(), 3, 13),
        () -> steps("wide", wide(), 1, 131));
  }

  /** Heads that fill the tiles of matrix units, and rows of several warps. */
  private static ModelConfig wide() {
    return ModelConfig.fromMap(
        Map.<String, Object>of(
            "vocab_size", 257,
            "hidden_size", 256,
            "intermediate_size", 2056,
            "num_hidden_layers", 1,
            "num_attention_heads", 2,
            "max_position_embeddings", 131,
            "hidden_act", "polynorm"),
        "the model of wide rows");
  }

  private static Map<String, double[]> attention(AttentionShape shape) {
    return operations(kernels -> OperationsUnderTest.attention(kernels, shape, 1));
  }

  private static Map<String, double[]> operations(
      Function<Kernels, Map<String, double[]>> operations) {
    try (KernelsSource source = new CudaCardKernels().source(Dtype.FLOAT32);
        Kernels kernels = source.create()) {
      return operations.apply(kernels);
    }
  }

  /** The loss before each step, which every parameter decides. */
  private static Map<String, double[]> steps(
      String name, ModelConfig config, int batch, int context) {
    Map<String, double[]> losses = new LinkedHashMap<>();
    for (Recompute recompute : Recompute.values()) {
      try (CardModel model = new CardModel(config, Dtype.BF16, recompute, batch, context)) {
        double[] each = new double[STEPS];
        for (int step = 0; step < STEPS; step++) {
          each[step] = model.step();
        }
        losses.put(name + ", recompute " + recompute, each);
      }
    }
    return losses;
  }
}
