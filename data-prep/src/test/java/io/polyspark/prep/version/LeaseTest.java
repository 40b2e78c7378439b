package io.polyspark.prep.version;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.polyspark.model.config.UserError;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One lease, on local files and on HDFS. */
class LeaseTest {
  private static final Duration EXPIRY = Duration.ofMinutes(10);

  @TempDir static java.nio.file.Path disk;
  private static MiniDFSCluster cluster;
  private static int corpora;

  private final HandClock clock = new HandClock();
  private final LeaseOptions options = new LeaseOptions(EXPIRY, clock);
  private FileSystem fs;
  private Path data;

  enum Where {
    LOCAL,
    HDFS
  }

  @BeforeAll
  static void startHdfs() throws IOException {
    Configuration configuration = new Configuration();
    configuration.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, disk.resolve("hdfs").toString());
    // A client asks again so soon whether a file is complete, in place of 400.
    configuration.set("dfs.client.block.write.locateFollowingBlock.initial.delay.ms", "5");
    cluster = new MiniDFSCluster.Builder(configuration).numDataNodes(1).build();
  }

  @AfterAll
  static void stopHdfs() {
    cluster.shutdown();
  }

  @ParameterizedTest
  @EnumSource
  void theSecondTakerIsToldWhoHasIt(Where where) throws IOException {
    open(where);
    try (Lease lease = Lease.take(fs, data, options)) {
      assertThatThrownBy(() -> Lease.take(fs, data, options))
          .isInstanceOf(UserError.class)
          .hasMessageMatching(
              ".* has its lease taken: process "
                  + ProcessHandle.current().pid()
                  + " of \\S+ on \\S+ has been changing it since 2024-05-01T02:00:00Z; wait for it to"
                  + " end, or, if it has died, until 10 minutes after its last sign of life\\.");
      lease.check();
      assertThat(names()).containsExactly("000001");
    }
    assertThat(names()).isEmpty();
    Lease.take(fs, data, options).close();
  }

  @ParameterizedTest
  @EnumSource
  void aFileIsNoCorpus(Where where) throws IOException {
    open(where);
    fs.create(data).close();
    assertThatThrownBy(() -> Lease.take(fs, data, options))
        .isInstanceOf(UserError.class)
        .hasMessageEndingWith(
            " cannot be the directory of a corpus: it is a file, or in one; name another.");
    assertThat(fs.getFileStatus(data).isFile()).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void ofManyTakersAtOnceOneHasIt(Where where) throws Exception {
    open(where);
    int takers = 4;
    ExecutorService threads = Executors.newFixedThreadPool(takers);
    CyclicBarrier start = new CyclicBarrier(takers);
    Callable<Lease> taker =
        () -> {
          start.await();
          try {
            return Lease.take(fs, data, options);
          } catch (UserError e) {
            return null;
          }
        };
    List<Future<Lease>> results = new ArrayList<>();
    for (int i = 0; i < takers; i++) {
      results.add(threads.submit(taker));
    }
    List<Lease> taken = new ArrayList<>();
    for (Future<Lease> result : results) {
      Lease lease = result.get();
      if (lease != null) {
        taken.add(lease);
      }
    }
    threads.shutdown();
    assertThat(taken).hasSize(1);
    taken.get(0).check();
    taken.get(0).close();
  }

  @ParameterizedTest
  @EnumSource
  void aLeaseWithoutASignOfLifeLapsesAndItsOwnerLearnsIt(Where where) throws IOException {
    open(where);
    Lease slow = Lease.take(fs, data, options);
    clock.pass(EXPIRY);
    assertThatThrownBy(() -> Lease.take(fs, data, options)).isInstanceOf(UserError.class);
    clock.pass(Duration.ofSeconds(1));
    try (Lease next = Lease.take(fs, data, options)) {
      assertThat(names()).containsExactly("000002");
      slow.beat();
      assertThatThrownBy(slow::check)
          .isInstanceOf(UserError.class)
          .hasMessageContaining("was lost, because this process gave no sign of life for 10 min");
      slow.close();
      next.check();
    }
    assertThat(names()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void beatsKeepIt(Where where) throws IOException {
    open(where);
    try (Lease lease = Lease.take(fs, data, options)) {
      for (int i = 0; i < 5; i++) {
        clock.pass(EXPIRY.dividedBy(2));
        lease.beat();
      }
      assertThatThrownBy(() -> Lease.take(fs, data, options)).isInstanceOf(UserError.class);
      lease.check();
    }
  }

  @ParameterizedTest
  @EnumSource
  void theLeaseOfAProcessThatIsSeenToHaveEndedIsFree(Where where) throws Exception {
    open(where);
    LeaseOwner here = LeaseOwner.now(Instant.EPOCH);
    assumeFalse(here.processes().isEmpty());
    Process ended = new ProcessBuilder("true").start();
    ended.waitFor();
    write(
        1,
        new LeaseOwner(here.host(), here.processes(), ended.pid(), "u", "2024-05-01T01:59:00Z", "t")
            .json());
    try (Lease lease = Lease.take(fs, data, options)) {
      assertThat(names()).containsExactly("000002");
      lease.check();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aProcessThatCannotBeSeenLivesUntilItExpires(Where where) throws Exception {
    open(where);
    LeaseOwner here = LeaseOwner.now(Instant.EPOCH);
    Process ended = new ProcessBuilder("true").start();
    ended.waitFor();
    // A container of the same host, and one whose owner was not written yet.
    byte[] container =
        new LeaseOwner(here.host(), "other boot pid:[1]", ended.pid(), "u", "then", "t").json();
    for (byte[] content : List.of(container, new byte[0])) {
      write(1, content);
      assertThatThrownBy(() -> Lease.take(fs, data, options)).isInstanceOf(UserError.class);
    }
    clock.pass(EXPIRY.plusSeconds(1));
    Lease.take(fs, data, options).close();
  }

  @ParameterizedTest
  @EnumSource
  void aLeaseWhoseFileWasRemovedIsLostThoughAnotherHasItsNumber(Where where) throws IOException {
    open(where);
    Lease first = Lease.take(fs, data, options);
    fs.delete(new Path(data, "_lease/000001"), false);
    try (Lease second = Lease.take(fs, data, options)) {
      assertThat(names()).containsExactly("000001");
      assertThatThrownBy(first::check).isInstanceOf(UserError.class);
      first.close();
      second.check();
    }
  }

  private void open(Where where) throws IOException {
    fs =
        where == Where.HDFS
            ? cluster.getFileSystem()
            : FileSystem.getLocal(new Configuration()).getRaw();
    String name = "corpus-" + corpora++;
    data = where == Where.HDFS ? new Path("/" + name) : new Path(disk.resolve(name).toUri());
  }

  private void write(long number, byte[] content) throws IOException {
    Path file = new Path(data, String.format("_lease/%06d", number));
    try (var out = fs.create(file, true)) {
      out.write(content);
    }
    fs.setTimes(file, clock.millis(), -1);
  }

  private List<String> names() throws IOException {
    List<String> names = new ArrayList<>();
    for (FileStatus status : fs.listStatus(new Path(data, "_lease"))) {
      names.add(status.getPath().getName());
    }
    return names;
  }
}
