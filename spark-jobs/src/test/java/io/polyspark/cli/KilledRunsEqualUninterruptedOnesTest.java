package io.polyspark.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.polyspark.testing.LocalCluster;
import io.polyspark.testing.MetricsLines;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that are killed in the middle of a round, as a scheduler or a machine that fails would,
 * or told to stop, and the same command again.
 */
class KilledRunsEqualUninterruptedOnesTest {
  private static final String CLUSTER = "local-cluster[2,1,1100]";

  /** So long that a process which is killed when a round is over dies in the one after it. */
  private static final String CONFIG =
      """
      model: tiny
      steps: 480
      inner_steps: {0: 40, 80: 80}
      batch: 4
      context: 16
      validation: {every_rounds: 2, max_tokens: 64}
      checkpoint: {every_rounds: 2, keep: 2}
      """;

  private static final int ROUNDS = 7;

  /** What a terminal makes an interrupt of. */
  private static final int CTRL_C = 3;

  @TempDir static Path directory;

  @BeforeAll
  static void trainWithoutABreak() throws Exception {
    LocalCluster.makeHome();
    Files.writeString(directory.resolve("text.txt"), "The cat sat on the mat.\n".repeat(2000));
    Files.writeString(directory.resolve("tiny.yaml"), CONFIG);
    String[] prep = {"prep", "--input", "text.txt", "--split", "tail", "--output", "data"};
    assertThat(Program.start(directory, "local[2]", prep).waitFor()).as(errors()).isZero();
    // As a scheduler does that runs one command however often it takes.
    assertThat(train("whole").waitFor()).as(errors()).isZero();
    assertThat(lines("whole")).hasSize(480 * 2 + ROUNDS);
  }

  @Test
  @Tag("faults")
  void aDriverThatIsKilledGoesOnByTheSameCommand() throws Exception {
    Process driver = train("driver");
    awaitRound(driver, "driver", 3);
    kill(driver.toHandle());
    assertThat(directory.resolve("driver/checkpoints/round-0000007")).doesNotExist();

    assertThat(train("driver").waitFor()).as(errors()).isZero();
    assertThat(errors()).contains("Resuming from").contains("round-000000");
    assertEqualsWhole("driver");

    // A third time there is nothing to do.
    assertThat(train("driver").waitFor()).as(errors()).isZero();
    assertEqualsWhole("driver");
  }

  @Test
  @Tag("faults")
  void aDriverThatIsKilledBeforeItsFirstCheckpointStartsAgain() throws Exception {
    Process driver = train("early");
    awaitRound(driver, "early", 1);
    kill(driver.toHandle());
    assertThat(directory.resolve("early/checkpoints/round-0000007")).doesNotExist();
    assertThat(train("early").waitFor()).as(errors()).isZero();
    assertEqualsWhole("early");
  }

  @Test
  @Tag("faults")
  void anExecutorThatIsKilledChangesNoBit() throws Exception {
    Process driver = train("executor");
    awaitRound(driver, "executor", 2);
    List<ProcessHandle> executors =
        driver.children().filter(KilledRunsEqualUninterruptedOnesTest::isJava).toList();
    assertThat(executors).hasSize(2);
    kill(executors.get(0));
    assertThat(directory.resolve("executor/checkpoints/round-0000007")).doesNotExist();
    assertThat(driver.waitFor()).as(errors()).isZero();
    assertThat(errors()).contains("Lost executor");
    assertEqualsWhole("executor");
  }

  @Test
  void aCtrlCStopsARunWithItsRoundAndItGoesOn() throws Exception {
    assumeThat(Program.hasTerminals()).as("python3 with its module pty").isTrue();
    Process driver =
        Program.startOnTerminal(
            directory, 80, CLUSTER, arguments("stopped").toArray(String[]::new));
    awaitRound(driver, "stopped", 2);
    // All processes of the terminal get it, the executors too.
    try (OutputStream keys = driver.getOutputStream()) {
      keys.write(CTRL_C);
    }
    assertThat(driver.waitFor()).isEqualTo(130);
    String shown = Files.readString(directory.resolve("out.log"));
    assertThat(shown)
        .containsPattern(
            "Stopping at the end of round [345] with a checkpoint; press Ctrl-C again to stop now.")
        .contains("Go on with --resume.")
        .doesNotContain("Lost executor", "Exception");
    assertThat(shown).as("a line that moves").containsPattern("\r\u001B\\[K *\\d+% .*\\d+/480, ");
    assertThat(Files.readString(directory.resolve("stopped/metrics.jsonl")))
        .contains("SIGINT has asked the run to stop with this round");
    assertThat(directory.resolve("stopped/checkpoints/round-0000007")).doesNotExist();

    assertThat(train("stopped").waitFor()).as(errors()).isZero();
    assertEqualsWhole("stopped");
    assertThat(errors())
        .as("plain lines")
        .doesNotContain("\r", "\u001B")
        .contains("step 480 of 480");
  }

  @Test
  void aSecondSignalStopsARunAtOnce() throws Exception {
    Process driver = train("twice");
    awaitRound(driver, "twice", 2);
    driver.destroy();
    while (!errors().contains("send the signal again to stop now.")) {
      assertThat(driver.waitFor(10, TimeUnit.MILLISECONDS)).as(errors()).isFalse();
    }
    driver.destroy();
    assertThat(driver.waitFor()).as(errors()).isEqualTo(143);
    assertThat(errors())
        // What another thread had to say at that moment may come after it.
        .contains(
            "Stopping now: a run that has a checkpoint goes on with --resume, another begins anew.\n")
        .doesNotContain("Exception", "\u001B");
  }

  @Test
  void whatIsNoRunIsLeftAloneAndAnEmptyDirectoryIsTaken() throws Exception {
    Files.createDirectories(directory.resolve("foreign"));
    Files.writeString(directory.resolve("foreign/thesis.tex"), "years of work");
    assertThat(train("foreign").waitFor()).isEqualTo(2);
    assertThat(errors())
        .isEqualTo(
            "The output directory foreign exists and holds no run: give another one, or remove"
                + " it.\n");
    assertThat(directory.resolve("foreign/thesis.tex")).hasContent("years of work");
    Files.createDirectories(directory.resolve("empty"));
    assertThat(train("empty", "--set", "steps=40").waitFor()).as(errors()).isZero();
    assertThat(directory.resolve("empty/checkpoints/round-0000001")).exists();
  }

  private static Process train(String output, String... more) throws IOException {
    return Program.start(directory, CLUSTER, arguments(output, more).toArray(String[]::new));
  }

  private static List<String> arguments(String output, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("train", "--config", "tiny.yaml", "--data", "data", "--output", output));
    arguments.add("--auto-resume");
    arguments.addAll(List.of(more));
    return arguments;
  }

  /** Returns when a round's record is there, which is while the next round trains. */
  private static void awaitRound(Process driver, String output, int round) throws Exception {
    Path metrics = directory.resolve(output).resolve("metrics.jsonl");
    String record = "\"kind\":\"round\",\"round\":" + round + ",";
    while (!Files.exists(metrics) || !Files.readString(metrics).contains(record)) {
      assertThat(driver.waitFor(10, TimeUnit.MILLISECONDS)).as(errors()).isFalse();
    }
  }

  /** The executors are the Java processes that the driver's workers start. */
  private static boolean isJava(ProcessHandle process) {
    return process.info().command().orElse("").endsWith("java");
  }

  private static void kill(ProcessHandle process) {
    assertThat(process.destroyForcibly()).isTrue();
    process.onExit().join();
  }

  private static void assertEqualsWhole(String output) throws IOException {
    String model = "checkpoints/round-000000" + ROUNDS + "/model.safetensors";
    assertThat(directory.resolve(output).resolve(model))
        .hasSameBinaryContentAs(directory.resolve("whole").resolve(model));
    assertThat(lines(output)).isEqualTo(lines("whole"));
  }

  /** What metrics.jsonl says, without the times. */
  private static List<String> lines(String output) throws IOException {
    return MetricsLines.withoutTimes(
        Files.readAllLines(directory.resolve(output).resolve("metrics.jsonl")));
  }

  private static String errors() throws IOException {
    return Files.readString(directory.resolve("err.log"));
  }
}
