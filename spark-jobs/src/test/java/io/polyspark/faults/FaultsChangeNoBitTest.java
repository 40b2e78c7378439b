package io.polyspark.faults;

import static io.polyspark.faults.FaultyCluster.kill;
import static io.polyspark.faults.FaultyCluster.path;
import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.testing.MetricsLines;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What fails on a cluster is made to fail: executors, workers, drivers, disks, files, the name node
 * of HDFS. A run that got over it must have the bits of the one that nothing happened to, and leave
 * nothing under a temporary name.
 *
 * <p>A few faults, drawn by a seed, are part of every build; the tag {@value #ALL} has all of them:
 * {@code mvn -Pfaults verify}. The system property {@code faults.seed} draws others.
 */
class FaultsChangeNoBitTest {
  private static final String ALL = "faults";
  private static final long SEED = Long.getLong("faults.seed", 20311);

  /** All that a round can leave behind: outer momentum, kept AdamW states, residuals, files. */
  private static final String CONFIG =
      """
      model: tiny
      steps: 480
      inner_steps: {0: 40, 80: 80}
      batch: 4
      context: 16
      averaging: {outer: nesterov, optimizer_state: kept, deltas: int8, error_feedback: true, driver_state: disk}
      validation: {every_rounds: 2, max_tokens: 64}
      checkpoint: {every_rounds: 2, keep: 2}
      """;

  private static final int ROUNDS = 7;

  @TempDir private static Path directory;
  private static FaultyCluster cluster;

  @BeforeAll
  static void trainWithoutAFault() throws Exception {
    cluster = new FaultyCluster(directory);
    Path text = directory.resolve("text.txt");
    Files.writeString(text, "The cat sat on the mat.\n".repeat(2000));
    Files.writeString(directory.resolve("run.yaml"), CONFIG);
    cluster.prepare(text);
    assertEnds(cluster.train("whole"));
    assertThat(cluster.lines("whole")).hasSize(480 * 2 + ROUNDS);
    cluster.assertNothingTemporary("whole");
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @BeforeEach
  void twoWorkers() throws Exception {
    cluster.spark().awaitNoExecutors();
    cluster.spark().awaitWorkers(2);
  }

  @Test
  void anExecutorDiesAtAPlaceThatTheSeedDraws() throws Exception {
    Place[] places = Place.values();
    anExecutorDies(places[new Random(SEED).nextInt(places.length)]);
  }

  @ParameterizedTest
  @EnumSource
  @Tag(ALL)
  void anExecutorDies(Place place) throws Exception {
    String run = "executor-" + place;
    try (Breakpoint breakpoint = place.breakpoint()) {
      Process driver =
          cluster.train(run, Map.of("spark.executor.extraJavaOptions", breakpoint.options()));
      kill(breakpoint.await());
      assertEnds(driver);
    }
    assertThat(cluster.errors()).contains("Lost executor");
    assertThat(cluster.notices(run, "fault")).anyMatch(line -> line.contains("Lost executor "));
    assertEqualsWhole(run);
    // Another test may draw the same.
    cluster.files().delete(path(run), true);
  }

  @Test
  void aDriverDiesAtAMomentThatTheSeedDraws() throws Exception {
    Random random = new Random(SEED);
    Process driver = cluster.train("driver");
    cluster.awaitRound(driver, "driver", 1 + random.nextInt(3));
    driver.waitFor(random.nextInt(400), TimeUnit.MILLISECONDS);
    kill(driver.toHandle());
    assertThat(cluster.files().exists(cluster.checkpoint("driver", ROUNDS))).isFalse();
    cluster.spark().awaitNoExecutors();
    assertEnds(cluster.train("driver"));
    assertEqualsWhole("driver");

    // A third time there is nothing to do.
    assertEnds(cluster.train("driver"));
    assertEqualsWhole("driver");
  }

  @Test
  @Tag(ALL)
  void aFileThatTheSeedDrawsIsDamaged() throws Exception {
    List<String> names = interruptedRun("some-damage");
    damage("some-damage", names.get(new Random(SEED).nextInt(names.size())));
  }

  /** Each at any moment, in setting up as in training, of a run that the same command takes up. */
  @Test
  @Tag(ALL)
  void tenDriversDieOneAfterTheOther() throws Exception {
    Random random = new Random(SEED);
    for (int death = 0; death < 10; death++) {
      Process driver = cluster.train("ten");
      driver.waitFor(3000 + random.nextInt(10_000), TimeUnit.MILLISECONDS);
      kill(driver.toHandle());
      cluster.spark().awaitNoExecutors();
    }
    assertEnds(cluster.train("ten"));
    assertEqualsWhole("ten");
  }

  @Test
  @Tag(ALL)
  void everyFileOfTheNewestCheckpointIsDamagedInTurn() throws Exception {
    for (String name : interruptedRun("damage")) {
      damage("damage", name);
    }
  }

  @Test
  @Tag(ALL)
  void aWorkerDies() throws Exception {
    Process driver = cluster.train("worker");
    cluster.awaitRound(driver, "worker", 2);
    kill(cluster.spark().workers().get(0));
    assertEnds(driver);
    assertThat(cluster.errors()).contains("Lost executor");
    assertEqualsWhole("worker");
  }

  /** Its replicas are as many as its executors: samples move, none is lost or taken twice. */
  @Test
  @Tag(ALL)
  void aWorkerDiesAndAnotherComes() throws Exception {
    Process driver =
        cluster.train(
            "elastic", Map.of(), "--set", "replicas={min: 1, max: 2}", "--set", "steps=1600");
    cluster.awaitRound(driver, "elastic", 3);
    kill(cluster.spark().workers().get(0));
    cluster.awaitMetrics(driver, "elastic", "\"replica_steps\":[80],");
    cluster.spark().awaitWorkers(2);
    assertEnds(driver);

    List<Integer> replicas = new ArrayList<>();
    long samples = 0;
    for (String line : cluster.lines("elastic")) {
      if (line.contains("\"kind\":\"round\"")) {
        String steps = line.replaceAll(".*\"replica_steps\":\\[([^]]+)].*", "$1");
        replicas.add(steps.split(",", -1).length);
        for (String taken : steps.split(",", -1)) {
          samples += 4 * Long.parseLong(taken);
        }
      }
    }
    assertThat(replicas.get(0)).isEqualTo(2);
    assertThat(replicas).contains(1);
    assertThat(replicas.get(replicas.size() - 1)).isEqualTo(2);
    assertThat(cluster.errors()).contains("replicas");
    org.apache.hadoop.fs.Path last = cluster.checkpoint("elastic", replicas.size());
    assertThat(cluster.text(new org.apache.hadoop.fs.Path(last, "trainer.json")))
        .containsPattern("\"samples_consumed\" ?: ?" + samples + "\\b");
    cluster.assertNothingTemporary("elastic");
  }

  @Test
  @Tag(ALL)
  void theNameNodeIsAwayForTwentySeconds() throws Exception {
    Process driver = cluster.train("name-node");
    cluster.awaitRound(driver, "name-node", 2);
    cluster.stopNameNode();
    assertThat(driver.waitFor(20, TimeUnit.SECONDS)).as(cluster.errors()).isFalse();
    cluster.startNameNode();
    assertEnds(driver);
    assertEqualsWhole("name-node");
  }

  @Test
  @Tag(ALL)
  void theDiskIsFullForAWhile() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(directory.resolve("full"))) {
      Process driver = trainUntilFull(disk);
      assertThat(driver.waitFor(12, TimeUnit.SECONDS)).as(cluster.errors()).isFalse();
      disk.free();
      assertEnds(driver);
      assertDiskEqualsWhole(disk);
    }
  }

  @Test
  @Tag(ALL)
  void theDiskIsFullUntilSomebodySeesToIt() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(directory.resolve("full"))) {
      Process driver = trainUntilFull(disk);
      assertThat(driver.waitFor()).as(cluster.errors()).isEqualTo(2);
      assertThat(cluster.errors()).contains("see to that file system, then go on with --resume");
      disk.free();
      assertEnds(trainOn(disk));
      assertDiskEqualsWhole(disk);
    }
  }

  private static Process trainUntilFull(SmallDisk disk) throws Exception {
    Process driver = trainOn(disk);
    Path checkpoint = run(disk).resolve("checkpoints/round-0000002");
    cluster.await(driver, () -> Files.exists(checkpoint));
    disk.fill();
    return driver;
  }

  private static Process trainOn(SmallDisk disk) throws IOException {
    return cluster.trainInto(run(disk).toString(), Map.of());
  }

  private static Path run(SmallDisk disk) {
    return disk.path().resolve("run");
  }

  /** A run that died with two checkpoints; returns the names of the files of the newer. */
  private static List<String> interruptedRun(String run) throws Exception {
    Process driver = cluster.train(run);
    // It is written while later rounds train.
    cluster.await(driver, () -> cluster.files().exists(cluster.checkpoint(run, 4)));
    kill(driver.toHandle());
    cluster.spark().awaitNoExecutors();
    assertThat(cluster.files().exists(cluster.checkpoint(run, ROUNDS))).isFalse();
    List<String> names = new ArrayList<>();
    for (FileStatus file : cluster.files().listStatus(cluster.checkpoint(run, 4))) {
      names.add(file.getPath().getName());
    }
    assertThat(names).contains("SHA256SUMS", "model.safetensors", "trainer.json");
    return names;
  }

  /** Damages a file in a copy of a run and goes on with that: from the checkpoint before. */
  private static void damage(String run, String name) throws Exception {
    String copy = run + "-" + name.replace('.', '-');
    FileSystem files = cluster.files();
    FileUtil.copy(
        files, path(run), files, path(copy), false, true, new Configuration(files.getConf()));
    org.apache.hadoop.fs.Path file =
        new org.apache.hadoop.fs.Path(cluster.checkpoint(copy, 4), name);
    byte[] bytes = cluster.read(file);
    bytes[new Random(SEED).nextInt(bytes.length)] ^= 0x10;
    try (OutputStream out = files.create(file, true)) {
      out.write(bytes);
    }
    assertEnds(cluster.train(copy));
    assertThat(cluster.errors())
        .contains("round-0000004")
        .contains("Resuming from " + cluster.uri(copy));
    assertThat(cluster.notices(copy, "resume"))
        .anyMatch(line -> line.contains("round-0000004"))
        .anyMatch(line -> line.contains("Went on from round-0000002"));
    assertEqualsWhole(copy);
  }

  private static void assertEnds(Process driver) throws Exception {
    int code = driver.waitFor();
    assertThat(code).as(cluster.errors()).isZero();
  }

  private static void assertEqualsWhole(String run) throws IOException {
    assertThat(cluster.model(run, ROUNDS)).isEqualTo(cluster.model("whole", ROUNDS));
    assertThat(cluster.lines(run)).isEqualTo(cluster.lines("whole"));
    cluster.assertNothingTemporary(run);
  }

  private static void assertDiskEqualsWhole(SmallDisk disk) throws IOException {
    Path run = run(disk);
    assertThat(run.resolve("checkpoints/round-000000" + ROUNDS + "/model.safetensors"))
        .hasBinaryContent(cluster.model("whole", ROUNDS));
    assertThat(MetricsLines.withoutTimes(Files.readAllLines(run.resolve("metrics.jsonl"))))
        .isEqualTo(cluster.lines("whole"));
    try (var all = Files.walk(run)) {
      assertThat(all.map(file -> file.getFileName().toString()))
          .noneMatch(FaultyCluster::isTemporary);
    }
  }
}
