package io.polyspark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.checkpoint.Environment;
import io.polyspark.model.checkpoint.RunDirectory;
import io.polyspark.model.checkpoint.TrainerState;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.config.UserError;
import io.polyspark.model.transformer.ParameterLayout;
import io.polyspark.train.averaging.ChunkPlan;
import io.polyspark.train.averaging.ChunkedVector;
import io.polyspark.train.averaging.StateStorage;
import io.polyspark.train.averaging.WriteAttempts;
import io.polyspark.train.metrics.MetricsSink;
import io.polyspark.train.metrics.ReplicaRoundEvent;
import io.polyspark.train.metrics.RoundMetrics;
import io.polyspark.train.metrics.RunMetrics;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.hdfs.protocol.HdfsConstants.SafeModeAction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** On a real HDFS, which takes no writes while it is in safe mode. */
class AsyncCheckpointsTest {
  private static final ModelConfig MODEL = ModelConfig.load("tiny", "test");
  private static final TrainConfig.Checkpoints EVERY_ROUND = new TrainConfig.Checkpoints(1, 2, 1);

  private static MiniDFSCluster cluster;
  private static DistributedFileSystem fs;
  private RunDirectory run;

  @BeforeAll
  static void startHdfs(@TempDir File directory) throws IOException {
    Configuration configuration = new Configuration();
    configuration.setInt("dfs.client.block.write.locateFollowingBlock.initial.delay.ms", 5);
    cluster = new MiniDFSCluster.Builder(configuration, directory).numDataNodes(1).build();
    fs = cluster.getFileSystem();
  }

  @AfterAll
  static void stopHdfs() {
    cluster.shutdown();
  }

  @BeforeEach
  void nameRun(TestInfo test) {
    run = new RunDirectory(fs, new Path("/runs/" + test.getDisplayName().replaceAll("\\W", "")));
  }

  @AfterEach
  void writable() throws IOException {
    fs.setSafeMode(SafeModeAction.SAFEMODE_LEAVE);
  }

  @Test
  void theyAppearInOrderAndTheNewestStay() throws IOException {
    try (AsyncCheckpoints checkpoints = checkpoints(EVERY_ROUND)) {
      for (int round = 1; round <= 4; round++) {
        checkpoints.begin(round, contents(round), () -> {});
        assertThat(checkpoints.pendingRound()).hasValue(round);
      }
      checkpoints.finish();
      assertThat(checkpoints.pendingRound()).isEmpty();
    }
    assertThat(run.rounds()).containsExactlyInAnyOrder(3, 4);
    assertThat(newestRound()).isEqualTo(4);
  }

  @Test
  void closingWaitsForTheLastOne() throws IOException {
    try (AsyncCheckpoints checkpoints = checkpoints(EVERY_ROUND)) {
      checkpoints.begin(1, contents(1), () -> {});
    }
    assertThat(newestRound()).isEqualTo(1);
  }

  @Test
  void aWriteThatFailsIsTriedAgain() throws Exception {
    try (AsyncCheckpoints checkpoints =
        new AsyncCheckpoints(
            fs,
            run,
            EVERY_ROUND,
            new WriteAttempts(Duration.ofSeconds(2)),
            new RunMetrics(0, List.of()))) {
      fs.setSafeMode(SafeModeAction.SAFEMODE_ENTER);
      checkpoints.begin(1, contents(1), () -> {});
      Thread.sleep(500);
      writable();
      checkpoints.finish();
    }
    assertThat(newestRound()).isEqualTo(1);
  }

  @Test
  void withoutItsMetricsACheckpointIsNotWritten() throws IOException {
    AtomicInteger attempts = new AtomicInteger();
    MetricsSink full =
        new MetricsSink() {
          @Override
          public void replicaRound(ReplicaRoundEvent event) {}

          @Override
          public void round(RoundMetrics round) {}

          @Override
          public void flush() {
            if (attempts.incrementAndGet() <= 4) {
              throw new UncheckedIOException(new IOException("No space left on device"));
            }
          }
        };
    try (AsyncCheckpoints checkpoints =
        new AsyncCheckpoints(
            fs,
            run,
            EVERY_ROUND,
            new WriteAttempts(Duration.ofMillis(5)),
            new RunMetrics(0, List.of(full)))) {
      checkpoints.begin(1, contents(1), () -> {});
      checkpoints.begin(2, contents(2), () -> {});
      checkpoints.finish();
    }
    assertThat(attempts).hasValue(5);
    assertThat(run.rounds()).containsExactly(2);
  }

  @Test
  void trainingGoesOnWithoutOneThatCannotBeWritten() throws IOException {
    try (AsyncCheckpoints checkpoints = checkpoints(EVERY_ROUND)) {
      checkpoints.begin(1, contents(1), () -> {});
      checkpoints.begin(2, contents(2), () -> {});
      fail(checkpoints, 3);
      checkpoints.begin(4, contents(4), () -> {});
      fail(checkpoints, 5);
      checkpoints.begin(6, contents(6), () -> {});
      checkpoints.finish();
    }
    assertThat(run.rounds()).containsExactlyInAnyOrder(4, 6);
  }

  @Test
  void tooManyFailuresInARowStopTheRun() throws IOException {
    AsyncCheckpoints checkpoints = checkpoints(EVERY_ROUND);
    checkpoints.begin(1, contents(1), () -> {});
    fail(checkpoints, 2);
    fs.setSafeMode(SafeModeAction.SAFEMODE_ENTER);
    checkpoints.begin(3, contents(3), () -> {});
    assertThatThrownBy(() -> checkpoints.begin(4, contents(4), () -> {}))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("The checkpoint of round 3 could not be written to ")
        .hasMessageContaining("number 2 in a row: see to that file system");
    assertThatCode(checkpoints::close).doesNotThrowAnyException();
    assertThat(newestRound()).isEqualTo(1);
  }

  @Test
  void theLastCheckpointMustBeWritten() throws IOException {
    try (AsyncCheckpoints checkpoints = checkpoints(new TrainConfig.Checkpoints(1, 2, 9))) {
      fs.setSafeMode(SafeModeAction.SAFEMODE_ENTER);
      checkpoints.begin(1, contents(1), () -> {});
      assertThatThrownBy(checkpoints::finish)
          .isInstanceOf(UserError.class)
          .hasMessageContaining("number 1 in a row");
    }
  }

  private AsyncCheckpoints checkpoints(TrainConfig.Checkpoints config) {
    return new AsyncCheckpoints(
        fs, run, config, new WriteAttempts(Duration.ofMillis(5)), new RunMetrics(0, List.of()));
  }

  /** Begins a checkpoint that cannot be written, and waits until it is given up. */
  private static void fail(AsyncCheckpoints checkpoints, int round) throws IOException {
    checkpoints.settle();
    fs.setSafeMode(SafeModeAction.SAFEMODE_ENTER);
    checkpoints.begin(round, contents(round), () -> {});
    checkpoints.settle();
    fs.setSafeMode(SafeModeAction.SAFEMODE_LEAVE);
  }

  private int newestRound() throws IOException {
    return run.newestWhole(warning -> {}).orElseThrow().trainer().round();
  }

  private static Checkpoint.Contents contents(int round) {
    ChunkedVector parameters =
        StateStorage.MEMORY.zeros(new ChunkPlan(ParameterLayout.of(MODEL).length(), 1000));
    TrainerState trainer =
        new TrainerState(
            round,
            1,
            1,
            List.of(),
            1,
            7,
            1,
            1,
            16,
            "",
            Map.of(),
            new Environment(1, "none", "none", "none"));
    return new Checkpoint.Contents(
        MODEL,
        parameters,
        "{}".getBytes(StandardCharsets.UTF_8),
        trainer,
        Optional.empty(),
        Map.of(),
        Map.of());
  }
}
