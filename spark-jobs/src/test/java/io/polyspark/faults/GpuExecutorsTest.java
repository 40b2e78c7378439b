package io.polyspark.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.cli.Program;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs on a standalone cluster whose one worker says that it has two GPUs. No card is needed: what
 * is tested is who gets which, and who is refused.
 */
class GpuExecutorsTest {
  private static final String CONFIG =
      """
      model: tiny
      replicas: 2
      steps: 4
      inner_steps: 2
      batch: 2
      context: 16
      device: cpu
      validation: {every_rounds: 2, max_tokens: 64}
      """;

  /** A line as {@code nvidia-smi} prints it for this card, in the order in which it is asked. */
  private static final String HOPPER = "%d, GPU-1a, 550.54.15, 81559, 9.0, NVIDIA H100 80GB HBM3";

  @TempDir static Path directory;
  private static StandaloneCluster cluster;

  @BeforeAll
  static void startClusterAndPrepare() throws Exception {
    Path discovery = script("gpus", "echo '{\"name\": \"gpu\", \"addresses\": [\"0\", \"1\"]}'");
    script(
        "bin/nvidia-smi", "echo '" + HOPPER.formatted(0) + "'; echo '" + HOPPER.formatted(1) + "'");
    cluster =
        new StandaloneCluster(
            Files.createDirectories(directory.resolve("cluster")),
            2,
            List.of(
                "-Dspark.worker.resource.gpu.amount=2",
                "-Dspark.worker.resource.gpu.discoveryScript=" + discovery));
    cluster.awaitWorkers(1);
    Files.writeString(directory.resolve("text.txt"), "The cat sat on the mat.\n".repeat(400));
    Files.writeString(directory.resolve("run.yaml"), CONFIG);
    Process prep =
        Program.start(
            directory,
            Map.of("spark.master", "local[1]"),
            "prep",
            "--input",
            "text.txt",
            "--split",
            "tail",
            "--output",
            "data");
    assertThat(prep.waitFor()).as(errors()).isZero();
  }

  @AfterAll
  static void stopCluster() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void everyReplicaHasAGpuOfItsOwn() throws Exception {
    Process train =
        train(
            "two",
            Map.of(
                "spark.executor.cores", "2",
                "spark.executor.resource.gpu.amount", "2"));
    assertThat(train.waitFor()).as(errors()).isZero();
    assertThat(executorLogs())
        .contains("Spark holds GPU 0 for this task, which computes on the CPU")
        .contains("Spark holds GPU 1 for this task, which computes on the CPU");
  }

  @Test
  void anExecutorThatCannotComputeEndsTheRunWithItsSentence() throws Exception {
    // By this name an executor knows the back end that it may not load.
    Path backend = directory.resolve("cuda/org/nd4j/linalg/jcublas/JCublasBackend.class");
    Files.createDirectories(backend.getParent());
    Files.createFile(backend);
    Process train =
        train(
            "refused",
            Map.of(
                "spark.executor.resource.gpu.amount",
                "1",
                "spark.executor.extraClassPath",
                System.getProperty("java.class.path")
                    + File.pathSeparator
                    + directory.resolve("cuda"),
                "spark.executorEnv.PATH",
                directory.resolve("bin") + File.pathSeparator + System.getenv("PATH")));
    assertThat(train.waitFor()).as(errors()).isEqualTo(2);
    assertThat(errors())
        .containsPattern(
            "(?m)^Executor \\d+ on 127.0.0.1: NVIDIA H100 80GB HBM3 has compute capability 9.0, but"
                + " ND4J's CUDA back end holds machine code for .*8.6 and no PTX: use the default jar, whose.*$")
        .doesNotContain("\tat ");
    assertThat(directory.resolve("refused")).doesNotExist();
  }

  @Test
  void anExecutorWhoseDriverIsTooOldForOurKernelsEndsTheRunWithItsSentence() throws Exception {
    Process train =
        train(
            "old",
            Map.of(
                "spark.executorEnv.PATH",
                directory.resolve("bin") + File.pathSeparator + System.getenv("PATH")),
            "--set",
            "device=cuda");
    assertThat(train.waitFor()).as(errors()).isEqualTo(2);
    assertThat(errors())
        .containsPattern(
            "(?m)^Executor \\d+ on 127.0.0.1: The NVIDIA driver is 550.54.15, but CUDA 13 needs"
                + " 580.65.06 or newer: install a newer driver, or take device: cpu.$")
        .doesNotContain("\tat ");
    assertThat(directory.resolve("old")).doesNotExist();
  }

  private static Process train(String output, Map<String, String> more, String... options)
      throws IOException {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("spark.master", cluster.address());
    settings.putAll(more);
    List<String> arguments =
        new ArrayList<>(
            List.of("train", "--config", "run.yaml", "--data", "data", "--output", output));
    arguments.addAll(List.of(options));
    return Program.start(directory, settings, arguments.toArray(String[]::new));
  }

  private static String executorLogs() throws IOException {
    List<Path> logs = new ArrayList<>();
    try (Stream<Path> files = Files.walk(directory.resolve("cluster"))) {
      files.filter(file -> file.endsWith("stderr")).forEach(logs::add);
    }
    StringBuilder text = new StringBuilder();
    for (Path log : logs) {
      text.append(Files.readString(log));
    }
    return text.toString();
  }

  private static Path script(String name, String line) throws IOException {
    Path script = directory.resolve(name);
    Files.createDirectories(script.getParent());
    Files.writeString(script, "#!/bin/sh\n" + line + "\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
    return script;
  }

  private static String errors() throws IOException {
    return Files.readString(directory.resolve("err.log"));
  }
}
