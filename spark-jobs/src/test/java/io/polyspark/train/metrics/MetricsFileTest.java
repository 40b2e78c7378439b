package io.polyspark.train.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.polyspark.model.config.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.hdfs.protocol.HdfsConstants.SafeModeAction;
import org.apache.hadoop.util.Progressable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsFileTest {
  @TempDir Path directory;

  @Test
  void everyRoundAppendsItsWholeLines() throws IOException {
    FileSystem fs = FileSystem.getLocal(new Configuration());
    Path file = directory.resolve("metrics.jsonl");
    try (RunMetrics metrics = run(fs, hadoop(file), 0)) {
      round(metrics, 1);
      assertThat(file).content().hasLineCount(5).endsWith("}\n");
      round(metrics, 2);
      assertThat(file).content().hasLineCount(10).endsWith("}\n");
      metrics.replicaRound(new ReplicaRoundEvent(3, 0, steps(3, 0)));
    }
    assertThat(file).content().hasLineCount(10);
    assertThat(directory.toFile().list()).containsExactly("metrics.jsonl");
    assertThat(Files.readAllLines(file).get(0))
        .isEqualTo(
            "{\"kind\":\"step\",\"round\":1,\"replica\":0,\"step\":1,\"loss\":0.5,"
                + "\"gradient_norm\":1.5,\"learning_rate\":0.001,\"tokens\":768,"
                + "\"compute_seconds\":0.25}");
    assertThat(Files.readAllLines(file).get(9))
        .startsWith(
            "{\"kind\":\"round\",\"round\":2,\"step\":4,\"replica_steps\":[2,2],\"loss\":0.5,"
                + "\"validation_loss\":2.25,")
        .endsWith(
            "\"coefficients\":{\"act_fn.bias\":[0.125]},\"experts\":[{\"load\":[0.5,0.5],"
                + "\"entropy\":0.75,\"load_balancing_loss\":1.0,\"z_loss\":2.5,\"dropped\":0}],"
                + "\"health\":{\"loss_spike\":1.5,\"non_finite_steps\":0,\"straggler\":1.25,"
                + "\"layers\":[{\"dead_activations\":0.5,\"dead_channels\":0.125,\"dead_experts\":[1]}]},"
                + "\"time\":1790000000000,\"replicas\":[{"
                + "\"replica\":0,\"host\":\"host\",\"executor\":\"1\",\"gpu\":\"\",\"steps\":20,"
                + "\"tokens_per_second\":7680.0,\"drift\":0.25,\"last_seen\":1790000000000}]}");
    assertThat(Files.readAllLines(file).get(4))
        .contains("\"sent_bytes\":4096,\"broadcast_bytes\":1024,")
        .contains("\"coefficients\":{\"act_fn.bias\":[0.125]},\"health\":{")
        .endsWith("}]}");
  }

  @Test
  void recordsReadBackAsTheyWereWritten() throws IOException {
    FileSystem fs = FileSystem.getLocal(new Configuration());
    org.apache.hadoop.fs.Path file = hadoop(directory.resolve("metrics.jsonl"));
    try (RunMetrics metrics = run(fs, file, 0)) {
      round(metrics, 1);
      round(metrics, 2);
    }
    List<Metrics> read = read(fs, file);
    assertThat(read.get(0)).isEqualTo(steps(1, 0).get(0));
    assertThat(((RoundMetrics) read.get(4)).validationLoss()).isEmpty();
    assertThat(((RoundMetrics) read.get(9)).validationLoss()).hasValue(2.25);
    assertThat(((RoundMetrics) read.get(4)).experts()).isEmpty();
    assertThat(((RoundMetrics) read.get(9)).experts())
        .containsExactly(new ExpertMetrics(List.of(0.5, 0.5), 0.75, 1, 2.5, 0));
    assertThat(((RoundMetrics) read.get(9)).coefficients().get("act_fn.bias"))
        .containsExactly(0.125);
  }

  @Test
  void whatIsReportedTwiceCountsOnce() throws IOException {
    FileSystem fs = FileSystem.getLocal(new Configuration());
    Path file = directory.resolve("metrics.jsonl");
    try (RunMetrics metrics = run(fs, hadoop(file), 0)) {
      metrics.replicaRound(new ReplicaRoundEvent(1, 0, steps(1, 0)));
      round(metrics, 1);
      round(metrics, 1);
    }
    assertThat(file).content().hasLineCount(5);
  }

  @Test
  void resumingDropsWhatLiesPastTheCheckpointAndALineThatIsNotWhole() throws IOException {
    FileSystem fs = FileSystem.getLocal(new Configuration());
    Path file = directory.resolve("metrics.jsonl");
    try (RunMetrics metrics = run(fs, hadoop(file), 0)) {
      for (int round = 1; round <= 3; round++) {
        round(metrics, round);
      }
    }
    String whole = Files.readString(file);
    Files.writeString(file, whole + "{\"kind\":\"step\",\"rou");
    try (RunMetrics metrics = run(fs, hadoop(file), 2)) {
      assertThat(file).content().hasLineCount(10);
      round(metrics, 2);
      round(metrics, 3);
    }
    assertThat(file).hasContent(whole);
  }

  @Test
  void aLineThatIsNoMetricsIsNamed() throws IOException {
    FileSystem fs = FileSystem.getLocal(new Configuration());
    Path file = directory.resolve("metrics.jsonl");
    Files.writeString(file, "hello\n{\"kind\":\"step\"}\n");
    assertThatThrownBy(() -> read(fs, hadoop(file)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("line 1 is no record of metrics");
  }

  @Test
  void aFileSystemThatCannotAppendGetsTheSameFile() throws IOException {
    Path appended = directory.resolve("appended.jsonl");
    Path rewritten = directory.resolve("rewritten.jsonl");
    try (NoAppend noAppend = new NoAppend()) {
      noAppend.initialize(directory.toUri(), new Configuration());
      FileSystem local = FileSystem.getLocal(new Configuration());
      try (RunMetrics one = run(local, hadoop(appended), 0);
          RunMetrics other = run(noAppend, hadoop(rewritten), 0)) {
        for (int round = 1; round <= 40; round++) {
          round(one, round);
          round(other, round);
        }
        other.flush();
        assertThat(rewritten).hasSameTextualContentAs(appended);
      }
    }
    assertThat(rewritten).hasSameTextualContentAs(appended);
  }

  @Test
  void hdfsGetsTheSameFile() throws IOException {
    Path local = directory.resolve("metrics.jsonl");
    try (MiniDFSCluster cluster = hdfs()) {
      FileSystem hdfs = cluster.getFileSystem();
      org.apache.hadoop.fs.Path remote = new org.apache.hadoop.fs.Path("/runs/a/metrics.jsonl");
      for (int start = 0; start < 4; start += 2) {
        try (RunMetrics one = run(FileSystem.getLocal(new Configuration()), hadoop(local), start);
            RunMetrics other = run(hdfs, remote, start)) {
          round(one, start + 1);
          round(other, start + 1);
          round(one, start + 2);
          round(other, start + 2);
        }
      }
      assertThat(hdfs.open(remote).readAllBytes()).isEqualTo(Files.readAllBytes(local));
    }
  }

  @Test
  void roundsWaitWhileTheFileSystemTakesNoWrites() throws IOException {
    Path local = directory.resolve("metrics.jsonl");
    try (MiniDFSCluster cluster = hdfs()) {
      DistributedFileSystem hdfs = cluster.getFileSystem();
      org.apache.hadoop.fs.Path remote = new org.apache.hadoop.fs.Path("/runs/a/metrics.jsonl");
      try (RunMetrics one = run(FileSystem.getLocal(new Configuration()), hadoop(local), 0);
          RunMetrics other = run(hdfs, remote, 0)) {
        for (int round = 1; round <= 6; round++) {
          if (round == 3) {
            hdfs.setSafeMode(SafeModeAction.SAFEMODE_ENTER);
          } else if (round == 5) {
            assertThatThrownBy(other::flush).isInstanceOf(UncheckedIOException.class);
            hdfs.setSafeMode(SafeModeAction.SAFEMODE_LEAVE);
          }
          round(one, round);
          round(other, round);
        }
        assertThat(hdfs.open(remote).readAllBytes()).isEqualTo(Files.readAllBytes(local));
      }
      assertThat(hdfs.listStatus(remote.getParent())).hasSize(1);
    }
  }

  @Test
  void noticesAreThereOnceAndWithTheirRound() throws IOException {
    FileSystem fs = FileSystem.getLocal(new Configuration());
    Path file = directory.resolve("metrics.jsonl");
    try (RunMetrics metrics = run(fs, hadoop(file), 0)) {
      round(metrics, 1);
      metrics.notice(Notice.Topic.CHECKPOINT, Notice.Severity.INFO, "Wrote round-0000001");
      round(metrics, 2);
      metrics.replicaRound(new ReplicaRoundEvent(3, 0, steps(3, 0)));
      metrics.notice(Notice.Topic.FAULT, Notice.Severity.WARNING, "An executor was lost");
      metrics.ended("The driver was stopped");
    }
    List<Notice> notices = new ArrayList<>();
    MetricsFile.read(
        fs,
        hadoop(file),
        record -> {
          if (record instanceof Notice notice) {
            notices.add(notice);
          }
        });
    assertThat(notices)
        .extracting(Notice::round, Notice::topic, Notice::text)
        .containsExactly(
            tuple(2, Notice.Topic.CHECKPOINT, "Wrote round-0000001"),
            tuple(2, Notice.Topic.FAULT, "An executor was lost"));
    assertThat(file).content().hasLineCount(12);
  }

  private MiniDFSCluster hdfs() throws IOException {
    return new MiniDFSCluster.Builder(new Configuration(), directory.resolve("dfs").toFile())
        .build();
  }

  private static RunMetrics run(FileSystem fs, org.apache.hadoop.fs.Path file, int from) {
    return new RunMetrics(from, List.of(MetricsFile.open(fs, file, from)));
  }

  /** Two replicas with two steps each. */
  private static void round(RunMetrics metrics, int round) {
    metrics.replicaRound(new ReplicaRoundEvent(round, 0, steps(round, 0)));
    metrics.replicaRound(new ReplicaRoundEvent(round, 1, steps(round, 1)));
    metrics.round(
        new RoundMetrics(
            round,
            2L * round,
            List.of(2, 2),
            0.5,
            round % 2 == 0 ? OptionalDouble.of(2.25) : OptionalDouble.empty(),
            round * 3072L,
            2,
            1,
            0.25,
            0.25,
            0.25,
            0.25,
            4096,
            1024,
            0.5,
            1536,
            Map.of("act_fn.bias", new double[] {0.125}),
            round % 2 == 0
                ? List.of(new ExpertMetrics(List.of(0.5, 0.5), 0.75, 1, 2.5, 0))
                : List.of(),
            new HealthMetrics(
                OptionalDouble.of(1.5),
                0,
                1.25,
                List.of(
                    new LayerHealth(
                        OptionalDouble.of(0.5),
                        OptionalDouble.of(0.125),
                        OptionalDouble.empty(),
                        List.of(1)))),
            1_790_000_000_000L,
            List.of(
                new ReplicaMetrics(0, "host", "1", "", 20, 7680, 0.25, 1_790_000_000_000L, null))));
  }

  private static List<StepMetrics> steps(int round, int replica) {
    long before = 2L * (round - 1);
    return List.of(
        new StepMetrics(round, replica, before + 1, 0.5, 1.5, 1e-3, 768, 0.25),
        new StepMetrics(round, replica, before + 2, 0.5, 1.5, 1e-3, 768, 0.25));
  }

  private static List<Metrics> read(FileSystem fs, org.apache.hadoop.fs.Path file)
      throws IOException {
    List<Metrics> read = new ArrayList<>();
    MetricsFile.read(fs, file, read::add);
    return read;
  }

  private static org.apache.hadoop.fs.Path hadoop(Path file) {
    return new org.apache.hadoop.fs.Path(file.toUri());
  }

  /** What an object store does. */
  private static final class NoAppend extends RawLocalFileSystem {
    @Override
    public FSDataOutputStream append(
        org.apache.hadoop.fs.Path file, int bufferSize, Progressable progress) {
      throw new UnsupportedOperationException("no append");
    }
  }
}
