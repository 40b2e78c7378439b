package io.polyspark.model.dl4j;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.optimize.AdamWConfig;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.transformer.Recompute;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.Pointer;

/**
 * A program that trains for a few steps and prints, a line each, the bytes by which that raised the
 * peak of its process's resident memory, and those of them that JavaCPP counts: the activations and
 * the kernels' scratch, since ND4J's own vectors are allocated beyond its sight.
 *
 * <p>A small model of the same kind goes first, so that code, libraries and BLAS's buffers are
 * there before anything is counted.
 */
final class PeakMemory {
  private static final int STEPS = 2;

  /** Enough for the compiler to be done with the loops, which takes memory too. */
  private static final int STEPS_BEFORE = 40;

  private PeakMemory() {}

  /**
   * Measures one model.
   *
   * @param arguments the model as JSON, B, T, the dtype of its products
   */
  public static void main(String[] arguments) throws IOException {
    ModelConfig config = model(arguments[0]);
    int batch = Integer.parseInt(arguments[1]);
    int context = Integer.parseInt(arguments[2]);
    ComputeOptions options = new ComputeOptions(Recompute.NONE, Dtype.valueOf(arguments[3]));
    try (Replica small =
        train(small(config), batch, Math.min(context, 64), options, STEPS_BEFORE)) {
      small.network();
    }
    long residentBefore = status("VmRSS");
    long countedBefore = Pointer.totalBytes();
    try (Replica replica = train(config, batch, context, options, STEPS)) {
      System.out.println(status("VmHWM") - residentBefore);
      System.out.println(Pointer.totalBytes() - countedBefore);
      replica.network();
    }
  }

  static ModelConfig model(String json) throws IOException {
    return ModelConfig.fromMap(
        new ObjectMapper().readValue(json, new TypeReference<LinkedHashMap<String, Object>>() {}),
        "the test");
  }

  private static ModelConfig small(ModelConfig config) {
    Map<String, Object> keys = new LinkedHashMap<>(config.toMap());
    keys.put("num_hidden_layers", 1);
    keys.put("vocab_size", 257);
    return ModelConfig.fromMap(keys, "the test");
  }

  private static Replica train(
      ModelConfig config, int batch, int context, ComputeOptions options, int steps) {
    AdamWConfig optimizer = new AdamWConfig(1e-3, 1e-4, 1, 0.9, 0.95, 1e-8, 0.1, 1);
    Replica replica = Replica.create(config, batch, context, optimizer, steps, options);
    replica.initialize(1);
    Random random = new Random(1);
    for (int step = 0; step < steps; step++) {
      int[] tokens = random.ints((long) batch * context, 0, config.vocabSize()).toArray();
      replica.train(tokens, tokens);
    }
    return replica;
  }

  /** A size that Linux has of this process, in bytes. */
  private static long status(String key) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith(key + ":"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
        .findFirst()
        .orElseThrow();
  }
}
