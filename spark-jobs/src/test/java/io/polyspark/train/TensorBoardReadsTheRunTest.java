package io.polyspark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.polyspark.testing.Outcome;
import io.polyspark.train.metrics.ReplicaMetrics;
import io.polyspark.train.metrics.RoundMetrics;
import io.polyspark.train.metrics.StepMetrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Event files as a program reads them that shares nothing with the one that wrote them. */
class TensorBoardReadsTheRunTest {
  private static final Path PYTHON = Path.of("/usr/bin/python3");

  @TempDir static Path directory;
  private static TinyRuns runs;

  @BeforeAll
  static void prepareText() throws IOException {
    runs = TinyRuns.in(directory);
  }

  @Test
  void allThatMetricsJsonlSaysInNumbersIsThere() throws Exception {
    Path run = directory.resolve("run");
    runs.train(runs.config("metrics.tensorboard=true"), run, false);

    Map<String, String> events = events(run);
    for (RoundMetrics round : TinyRuns.rounds(run)) {
      long step = round.step();
      assertThat(events)
          .containsEntry(step + " rounds/loss", text(round.loss()))
          .containsEntry(step + " rounds/tokens_per_second", text(round.tokensPerSecond()))
          .containsEntry(step + " rounds/tokens_seen", text((double) round.tokensSeen()));
      for (ReplicaMetrics replica : round.replicas()) {
        assertThat(events)
            .containsEntry(
                step + " replicas/drift/replica_" + replica.replica(), text(replica.drift()));
      }
      assertThat(events.containsKey(step + " rounds/validation_loss"))
          .isEqualTo(round.validationLoss().isPresent());
    }
    for (StepMetrics step : TinyRuns.records(run, StepMetrics.class)) {
      assertThat(events)
          .containsEntry(step.step() + " steps/loss/replica_" + step.replica(), text(step.loss()))
          .containsEntry(step.step() + " steps/learning_rate", text(step.learningRate()));
    }
  }

  @Test
  void aResumedRunHasNothingPastItsCheckpointAndAllBeforeIt() throws Exception {
    Path whole = directory.resolve("whole");
    Path broken = directory.resolve("broken");
    runs.train(runs.config("metrics.tensorboard=true"), whole, false);
    runs.train(runs.config("metrics.tensorboard=true"), broken, false);
    TinyRuns.delete(broken.resolve("checkpoints/round-0000004"));
    TinyRuns.delete(broken.resolve("checkpoints/round-0000003"));
    runs.train(runs.config("metrics.tensorboard=true"), broken, true);
    assertThat(withoutTimes(events(broken))).isEqualTo(withoutTimes(events(whole)));
  }

  @Test
  void aRunThatTurnsItOnLaterHasItsBeginningToo() throws Exception {
    Path run = directory.resolve("later");
    runs.train(runs.config("steps=4"), run, false);
    assertThat(run.resolve("tensorboard")).doesNotExist();
    runs.train(runs.config("metrics.tensorboard=true"), run, true);
    assertThat(events(run)).containsKeys("2 rounds/loss", "8 rounds/loss");
  }

  private static Map<String, String> withoutTimes(Map<String, String> events) {
    Map<String, String> kept = new TreeMap<>(events);
    kept.keySet()
        .removeIf(
            name ->
                name.matches(".*(seconds|_per_second|outside_share|straggler)(/replica_\\d+)?$"));
    return kept;
  }

  /** The values of a run's one event file by "step tag". */
  private static Map<String, String> events(Path run) throws Exception {
    assumeTrue(Files.isExecutable(PYTHON), "There is no python3");
    List<Path> files;
    try (Stream<Path> listed = Files.list(run.resolve("tensorboard"))) {
      files = listed.toList();
    }
    assertThat(files).hasSize(1);
    assertThat(files.get(0).getFileName().toString()).startsWith("events.out.tfevents.");
    Path reader = Path.of(TensorBoardReadsTheRunTest.class.getResource("/read_events.py").toURI());
    Outcome outcome =
        Outcome.of(
            directory, Map.of(), PYTHON.toString(), reader.toString(), files.get(0).toString());
    assertThat(outcome.code()).as(outcome.output()).isZero();
    Map<String, String> events = new TreeMap<>();
    outcome
        .output()
        .lines()
        .forEach(
            line -> {
              int end = line.lastIndexOf(' ');
              String value = Float.toString(Float.parseFloat(line.substring(end + 1)));
              assertThat(events.put(line.substring(0, end), value)).as(line).isNull();
            });
    return events;
  }

  private static String text(double value) {
    return Float.toString((float) value);
  }
}
