package io.polyspark.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polyspark.cli.Program;
import io.polyspark.model.tensor.cuda.EmulatedDevice;
import io.polyspark.testing.LocalCluster;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs whose replica computes on a card, given to its executor by Spark: an emulated one, so what
 * is tested is the whole way there and back, not the card.
 */
class RunsOnACardTest {
  private static final String CONFIG =
      """
      model:
        {hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 2, num_key_value_heads: 2,
         intermediate_size: 64, vocab_size: 257, max_position_embeddings: 32, hidden_act: polynorm}
      replicas: 1
      steps: 4
      inner_steps: 2
      batch: 2
      context: 32
      optimizer: {lr: 1e-2, min_lr: 1e-3, warmup_steps: 1}
      validation: {every_rounds: 2, max_tokens: 128}
      checkpoint: {every_rounds: 1, keep: 3}
      """;

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path directory;

  @BeforeAll
  static void prepare() throws Exception {
    assumeTrue(EmulatedDevice.compilerRuns(), "the emulated CUDA device needs g++ on the PATH");
    LocalCluster.makeHome();
    Files.writeString(directory.resolve("text.txt"), "The cat sat on the mat.\n".repeat(400));
    Files.writeString(directory.resolve("run.yaml"), CONFIG);
    program(
        Map.of(), "local[1]", "prep", "--input", "text.txt", "--split", "tail", "--output", "data");
    train("whole", Map.of());
  }

  @Test
  void aRunLeavesMetricsOfItsCardAndACheckpointThatTheCpuReads() throws Exception {
    List<JsonNode> replicas = new ArrayList<>();
    for (String line : Files.readAllLines(directory.resolve("whole/metrics.jsonl"))) {
      JSON.readTree(line).path("replicas").forEach(replicas::add);
    }
    assertThat(replicas).hasSize(2);
    for (JsonNode replica : replicas) {
      assertThat(replica.get("gpu").asText()).isEqualTo("0");
      assertThat(replica.at("/card/peak_share").asDouble()).isPositive();
      assertThat(replica.at("/card/memory_used").asLong()).isEqualTo(1L << 30);
      assertThat(replica.at("/card/memory_total").asLong()).isEqualTo(8L << 30);
      assertThat(replica.at("/card/utilization").asInt()).isEqualTo(37);
    }
    JsonNode trainer =
        JSON.readTree(directory.resolve("whole/checkpoints/round-0000002/trainer.json").toFile());
    assertThat(trainer.at("/environment/kernels").asText())
        .isEqualTo("cuda, compute capability 9.0, products of float32");
    assertThat(loss("cpu")).isCloseTo(loss("cuda"), within(1e-2));
  }

  @Test
  void aCardThatIsLostInMidRoundChangesNoBit() throws Exception {
    train("lost", Map.of("EMULATED_CUDA_LOST_AFTER", "100"));
    assertThat(Files.readString(directory.resolve("lost/metrics.jsonl")))
        .contains("1 attempt of tasks failed and ran again")
        .contains("CudaException");
    assertThat(model("lost")).isEqualTo(model("whole"));
  }

  private static byte[] model(String run) throws IOException {
    return Files.readAllBytes(
        directory.resolve(run + "/checkpoints/round-0000002/model.safetensors"));
  }

  private static double loss(String device) throws Exception {
    program(
        Map.of(),
        "local[1]",
        "eval",
        "--checkpoint",
        "whole",
        "--data",
        "data",
        "--device",
        device,
        "--json");
    List<String> lines = Files.readAllLines(directory.resolve("out.log"));
    return JSON.readTree(lines.get(lines.size() - 1)).get("loss").asDouble();
  }

  private static void train(String output, Map<String, String> environment) throws Exception {
    program(
        environment,
        "local-cluster[1,2,3000]",
        "train",
        "--config",
        "run.yaml",
        "--data",
        "data",
        "--output",
        output,
        "--set",
        "device=cuda");
  }

  private static void program(Map<String, String> more, String master, String... arguments)
      throws Exception {
    String emulator = EmulatedDevice.directory().toString();
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("LD_LIBRARY_PATH", emulator);
    environment.put("PATH", emulator + File.pathSeparator + System.getenv("PATH"));
    // Compiled kernels are the emulator's, of no use to a real card.
    environment.put("XDG_CACHE_HOME", Path.of(emulator, "cache").toString());
    environment.putAll(more);
    Process process =
        Program.start(directory, Map.of("spark.master", master), environment, arguments);
    assertThat(process.waitFor()).as(() -> text("err.log")).isZero();
  }

  private static String text(String file) {
    try {
      return Files.readString(directory.resolve(file));
    } catch (IOException e) {
      return e.toString();
    }
  }
}
