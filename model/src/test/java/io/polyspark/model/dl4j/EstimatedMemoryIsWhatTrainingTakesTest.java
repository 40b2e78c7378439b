package io.polyspark.model.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.transformer.Recompute;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The estimate against what a process of its own takes, for models where neither the parameters nor
 * the activations are all of it. They are of about 1 GB, since a JVM's own memory (what its
 * compilers work in, BLAS's buffers) differs by some 70 MB from machine to machine.
 */
@EnabledOnOs(OS.LINUX)
class EstimatedMemoryIsWhatTrainingTakesTest {
  private static final String SIZES =
      "{'vocab_size': 16384, 'hidden_size': 256, 'intermediate_size': %d, 'num_hidden_layers': 8,"
          + " 'num_attention_heads': 4, 'max_position_embeddings': 256, 'hidden_act': '%s',"
          + " 'num_experts': %d, 'num_experts_per_tok': %d, 'qk_norm': %s}";

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "polynorm, 1024, 0, 0, false, FLOAT32",
    "swiglu,    342, 8, 2, true,  FLOAT32",
    "polynorm,  512, 8, 2, true,  BF16"
  })
  void toTenPercent(
      String activation, int width, int experts, int perToken, boolean qkNorm, Dtype dtype)
      throws Exception {
    check(activation, width, experts, perToken, qkNorm, dtype);
  }

  @ParameterizedTest
  @CsvSource({
    "swiglu,    684, 0, 0, false, FLOAT32",
    "polynorm,  512, 8, 2, true,  FLOAT32",
    "polynorm, 1024, 0, 0, false, BF16"
  })
  @Tag("large")
  void toTenPercentOfMoreModels(
      String activation, int width, int experts, int perToken, boolean qkNorm, Dtype dtype)
      throws Exception {
    check(activation, width, experts, perToken, qkNorm, dtype);
  }

  private void check(
      String activation, int width, int experts, int perToken, boolean qkNorm, Dtype dtype)
      throws Exception {
    if (dtype == Dtype.BF16) {
      Bfloat16TrainingTest.assumeTheProcessorCan();
    }
    String model = SIZES.formatted(width, activation, experts, perToken, qkNorm).replace('\'', '"');
    int batch = 16;
    int context = 256;
    MemoryEstimate estimate =
        MemoryEstimate.of(
            PeakMemory.model(model),
            batch,
            context,
            MemoryPlan.Purpose.TRAINING,
            new ComputeOptions(Recompute.NONE, dtype));
    long[] measured = measure(model, batch, context, dtype);

    assertThat(estimate.total()).isGreaterThan(700L << 20);
    assertThat(measured[0]).as("resident").isCloseTo(estimate.total(), withPercentage(10));
    assertThat(measured[1]).as("counted").isCloseTo(estimate.activations(), withPercentage(2));
  }

  private long[] measure(String model, int batch, int context, Dtype dtype) throws Exception {
    Path out = directory.resolve("out.log");
    Path err = directory.resolve("err.log");
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--add-modules=jdk.incubator.vector",
                    // All of the heap is resident from the start, so that it changes nothing.
                    "-Xms256m",
                    "-Xmx256m",
                    "-XX:+AlwaysPreTouch",
                    "-XX:+UseSerialGC",
                    "-Dorg.bytedeco.javacpp.maxbytes=4g",
                    "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
                    "-cp",
                    System.getProperty("java.class.path"),
                    PeakMemory.class.getName(),
                    model,
                    Integer.toString(batch),
                    Integer.toString(context),
                    dtype.name()))
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    assertThat(process.waitFor()).as(Files.readString(err)).isZero();
    return Files.readAllLines(out).stream().mapToLong(Long::parseLong).toArray();
  }
}
