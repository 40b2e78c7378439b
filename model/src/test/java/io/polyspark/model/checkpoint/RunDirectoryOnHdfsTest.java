package io.polyspark.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** The checkpoints of a run on a real HDFS. */
class RunDirectoryOnHdfsTest {
  private static MiniDFSCluster cluster;
  private static FileSystem fs;
  private RunDirectory run;

  @BeforeAll
  static void startHdfs(@TempDir File directory) throws IOException {
    Configuration configuration = new Configuration();
    // How long a client waits before it asks again whether a block has arrived; 400 by default.
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

  @Test
  void newestWholeIsOpened() throws IOException {
    write(9, 10, 100);
    List<String> warnings = new ArrayList<>();
    Checkpoint newest = run.newestWhole(warnings::add).orElseThrow();
    assertThat(newest.directory()).isEqualTo(run.checkpoint(100));
    assertThat(newest.trainer()).isEqualTo(TrainerStateTest.state(100));
    HeapVector parameters = TestCheckpoints.zeros();
    newest.readParameters(parameters);
    assertThat(parameters.values()[0]).isEqualTo(100f);
    assertThat(warnings).isEmpty();
  }

  @Test
  void damagedOnesAreNamedAndSkipped() throws IOException {
    write(1, 2, 3);
    damage(3);
    fs.delete(new Path(run.checkpoint(2), "SHA256SUMS"), false);
    List<String> warnings = new ArrayList<>();
    Checkpoint newest = run.newestWhole(warnings::add).orElseThrow();
    assertThat(newest.trainer().round()).isEqualTo(1);
    assertThat(warnings).hasSize(2);
    assertThat(warnings.get(0)).contains("round-0000003", "config.json does not match its sum");
    assertThat(warnings.get(1)).contains("round-0000002", "SHA256SUMS");
  }

  @Test
  void aRunWithoutCheckpointsHasNoNewest() throws IOException {
    assertThat(run.newestWhole(warning -> {})).isEmpty();
    run.keepNewest(1);
    write(1);
    damage(1);
    assertThat(run.newestWhole(warning -> {})).isEmpty();
    assertThatThrownBy(() -> Checkpoint.resolve(fs, run.path()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("has no whole checkpoint");
  }

  @Test
  void theNewestAreKept() throws IOException {
    write(1, 2, 3, 4);
    run.keepNewest(2);
    assertThat(names()).containsExactly("round-0000003", "round-0000004");
  }

  @Test
  void theNewestWholeOneIsKeptHoweverOld() throws IOException {
    write(1, 2, 3);
    damage(3);
    run.keepNewest(1);
    assertThat(names()).containsExactly("round-0000002", "round-0000003");
  }

  @Test
  void nothingIsRemovedWhereNoneIsWhole() throws IOException {
    write(1, 2);
    damage(1);
    damage(2);
    run.keepNewest(1);
    assertThat(names()).containsExactly("round-0000001", "round-0000002");
  }

  @Test
  void whatAnUnfinishedWriterLeftIsRemovedAndNeverRead() throws IOException {
    write(1);
    new CheckpointWriter(fs, run.checkpoint(2)).file("config.json", out -> out.write('{'));
    assertThat(names()).containsExactly("_round-0000002.incomplete", "round-0000001");
    assertThat(run.newestWhole(warning -> {}).orElseThrow().trainer().round()).isEqualTo(1);
    run.keepNewest(1);
    assertThat(names()).containsExactly("round-0000001");
  }

  @Test
  void anUnfinishedCheckpointIsWrittenAgain() throws IOException {
    new CheckpointWriter(fs, run.checkpoint(1)).file("left over", out -> out.write('{'));
    write(1);
    assertThat(names()).containsExactly("round-0000001");
    assertThat(fs.exists(new Path(run.checkpoint(1), "left over"))).isFalse();
  }

  private void write(int... rounds) throws IOException {
    for (int round : rounds) {
      Checkpoint.write(fs, run.checkpoint(round), TestCheckpoints.contents(round));
    }
  }

  private void damage(int round) throws IOException {
    try (OutputStream out = fs.append(new Path(run.checkpoint(round), "config.json"))) {
      out.write(' ');
    }
  }

  private List<String> names() throws IOException {
    return Arrays.stream(fs.listStatus(run.checkpoint(1).getParent()))
        .map(FileStatus::getPath)
        .map(Path::getName)
        .sorted()
        .toList();
  }
}
