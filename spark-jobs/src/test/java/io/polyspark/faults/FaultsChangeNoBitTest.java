package io.polyspark.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.cli.Program;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.hdfs.MiniDFSCluster;
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
 * of HDFS, on Spark's standalone cluster and with data and run on HDFS, everything in processes of
 * its own. A run that got over it must have the bits of the one that nothing happened to, and leave
 * nothing under a temporary name.
 *
 * <p>A few faults, drawn by a seed, are part of every build; the tag {@value #ALL} has all of them:
 * {@code mvn -Pfaults verify}. The system property {@code faults.seed} draws others.
 */
class FaultsChangeNoBitTest {
  private static final String ALL = "faults";
  private static final long SEED = Long.getLong("faults.seed", 20311);

  /** All that a round can leave behind: outer momentum, kept AdamW states, residuals. */
  private static final String CONFIG =
      """
      model: tiny
      steps: 480
      inner_steps: {0: 40, 80: 80}
      batch: 4
      context: 16
      averaging: {outer: nesterov, optimizer_state: kept, deltas: int8, error_feedback: true}
      validation: {every_rounds: 2, max_tokens: 64}
      checkpoint: {every_rounds: 2, keep: 2}
      """;

  private static final int ROUNDS = 7;

  /** Where in a round a process dies. */
  enum Place {
    BROADCAST("io.polyspark.train.averaging.BroadcastVector", "copyTo"),
    TRAINING("io.polyspark.model.dl4j.Replica", "train"),
    SHUFFLE("io.polyspark.train.averaging.PieceIterator", "next"),
    AVERAGING("io.polyspark.train.averaging.ChunkAverager", "average");

    private final String type;
    private final String method;

    Place(String type, String method) {
      this.type = type;
      this.method = method;
    }

    /** In the third round, whichever executor comes there first. */
    Breakpoint breakpoint() throws Exception {
      // The second piece of a replica is its report; of the averaging tasks one has the chunk.
      int hit =
          switch (this) {
            case BROADCAST -> 3;
            case TRAINING -> 40 + 40 + 31;
            case SHUFFLE -> 5;
            case AVERAGING -> 2;
          };
      return new Breakpoint(type, method, hit);
    }
  }

  @TempDir private static Path directory;
  private static MiniDFSCluster hdfs;
  private static FileSystem files;
  private static StandaloneCluster cluster;

  @BeforeAll
  static void trainWithoutAFault() throws Exception {
    Configuration configuration = new Configuration();
    // Appending to a file asks for a data node in the place of one that has failed.
    configuration.set("dfs.client.block.write.replace-datanode-on-failure.policy", "NEVER");
    hdfs =
        new MiniDFSCluster.Builder(configuration, directory.resolve("hdfs").toFile())
            .nameNodePort(freePort())
            .numDataNodes(1)
            .build();
    files = hdfs.getFileSystem();
    cluster = new StandaloneCluster(Files.createDirectories(directory.resolve("cluster")));
    cluster.awaitWorkers(2);
    Files.writeString(directory.resolve("text.txt"), "The cat sat on the mat.\n".repeat(2000));
    Files.writeString(directory.resolve("tiny.yaml"), CONFIG);
    Process prep =
        Program.start(
            directory,
            Map.of("spark.master", "local[2]"),
            "prep",
            "--input",
            "text.txt",
            "--split",
            "tail",
            "--output",
            uri("data"));
    assertThat(prep.waitFor()).as(errors()).isZero();
    assertThat(train("whole").waitFor()).as(errors()).isZero();
    assertThat(lines("whole")).hasSize(480 * 2 + ROUNDS);
    assertNothingTemporary("whole");
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
    if (hdfs != null) {
      hdfs.shutdown();
    }
  }

  @BeforeEach
  void twoWorkers() throws Exception {
    cluster.awaitNoExecutors();
    cluster.awaitWorkers(2);
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
      Process driver = train(run, Map.of("spark.executor.extraJavaOptions", breakpoint.options()));
      kill(breakpoint.await());
      assertThat(driver.waitFor()).as(errors()).isZero();
    }
    assertThat(errors()).contains("Lost executor");
    assertEqualsWhole(run);
  }

  @Test
  void aDriverDiesAtAMomentThatTheSeedDraws() throws Exception {
    Random random = new Random(SEED);
    Process driver = train("driver");
    awaitRound(driver, "driver", 1 + random.nextInt(3));
    driver.waitFor(random.nextInt(400), TimeUnit.MILLISECONDS);
    kill(driver.toHandle());
    assertThat(files.exists(checkpoint("driver", ROUNDS))).isFalse();
    cluster.awaitNoExecutors();
    assertThat(train("driver").waitFor()).as(errors()).isZero();
    assertEqualsWhole("driver");

    // A third time there is nothing to do.
    assertThat(train("driver").waitFor()).as(errors()).isZero();
    assertEqualsWhole("driver");
  }

  @Test
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
      Process driver = train("ten");
      driver.waitFor(3000 + random.nextInt(10_000), TimeUnit.MILLISECONDS);
      kill(driver.toHandle());
      cluster.awaitNoExecutors();
    }
    assertThat(train("ten").waitFor()).as(errors()).isZero();
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
    Process driver = train("worker");
    awaitRound(driver, "worker", 2);
    kill(cluster.workers().get(0));
    assertThat(driver.waitFor()).as(errors()).isZero();
    assertThat(errors()).contains("Lost executor");
    assertEqualsWhole("worker");
  }

  /** Its replicas are as many as its executors: samples move, none is lost or taken twice. */
  @Test
  @Tag(ALL)
  void aWorkerDiesAndAnotherComes() throws Exception {
    Process driver =
        train("elastic", Map.of(), "--set", "replicas={min: 1, max: 2}", "--set", "steps=1600");
    awaitRound(driver, "elastic", 3);
    kill(cluster.workers().get(0));
    awaitLine(driver, "elastic", "\"replica_steps\":[80],");
    cluster.awaitWorkers(2);
    assertThat(driver.waitFor()).as(errors()).isZero();

    List<Integer> replicas = new ArrayList<>();
    long samples = 0;
    for (String line : lines("elastic")) {
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
    assertThat(errors()).contains("replicas");
    String trainer =
        new String(
            read(
                new org.apache.hadoop.fs.Path(
                    checkpoint("elastic", replicas.size()), "trainer.json")),
            StandardCharsets.UTF_8);
    assertThat(trainer).containsPattern("\"samples_consumed\" ?: ?" + samples + "\\b");
    assertNothingTemporary("elastic");
  }

  @Test
  @Tag(ALL)
  void theNameNodeIsAwayForTwentySeconds() throws Exception {
    Process driver = train("name-node");
    awaitRound(driver, "name-node", 2);
    hdfs.shutdownNameNodes();
    assertThat(driver.waitFor(20, TimeUnit.SECONDS)).as(errors()).isFalse();
    hdfs.restartNameNode(true);
    files = hdfs.getFileSystem();
    assertThat(driver.waitFor()).as(errors()).isZero();
    assertEqualsWhole("name-node");
  }

  @Test
  @Tag(ALL)
  void theDiskIsFullForAWhile() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(directory.resolve("full"))) {
      Process driver = trainOn(disk);
      awaitFile(driver, disk.path().resolve("run/checkpoints/round-0000002"));
      disk.fill();
      awaitError(driver, "Writing the checkpoint of round");
      disk.free();
      assertThat(driver.waitFor()).as(errors()).isZero();
      assertDiskEqualsWhole(disk);
    }
  }

  @Test
  @Tag(ALL)
  void theDiskIsFullUntilSomebodySeesToIt() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(directory.resolve("full"))) {
      Process driver = trainOn(disk);
      awaitFile(driver, disk.path().resolve("run/checkpoints/round-0000002"));
      disk.fill();
      assertThat(driver.waitFor()).as(errors()).isEqualTo(2);
      assertThat(errors()).contains("see to that file system, then go on with --resume");
      disk.free();
      assertThat(trainOn(disk).waitFor()).as(errors()).isZero();
      assertDiskEqualsWhole(disk);
    }
  }

  /** A run that died with two checkpoints; returns the names of the files of the newer. */
  private static List<String> interruptedRun(String run) throws Exception {
    Process driver = train(run);
    awaitRound(driver, run, 5);
    kill(driver.toHandle());
    cluster.awaitNoExecutors();
    assertThat(files.exists(checkpoint(run, ROUNDS))).isFalse();
    List<String> names = new ArrayList<>();
    for (FileStatus file : files.listStatus(checkpoint(run, 4))) {
      names.add(file.getPath().getName());
    }
    assertThat(names).contains("SHA256SUMS", "model.safetensors", "trainer.json");
    return names;
  }

  /** Damages a file in a copy of a run and goes on with that: from the checkpoint before. */
  private static void damage(String run, String name) throws Exception {
    String copy = run + "-" + name.replace('.', '-');
    FileUtil.copy(
        files, path(run), files, path(copy), false, true, new Configuration(files.getConf()));
    org.apache.hadoop.fs.Path file = new org.apache.hadoop.fs.Path(checkpoint(copy, 4), name);
    byte[] bytes = read(file);
    bytes[new Random(SEED).nextInt(bytes.length)] ^= 0x10;
    try (OutputStream out = files.create(file, true)) {
      out.write(bytes);
    }
    assertThat(train(copy).waitFor()).as(errors()).isZero();
    assertThat(errors()).contains("round-0000004").contains("Resuming from " + uri(copy));
    assertEqualsWhole(copy);
  }

  private static Process train(String output) throws IOException {
    return train(output, Map.of());
  }

  private static Process train(String output, Map<String, String> settings, String... more)
      throws IOException {
    return trainInto(uri(output), settings, more);
  }

  private static Process trainOn(SmallDisk disk) throws IOException {
    return trainInto(disk.path().resolve("run").toString(), Map.of());
  }

  /** As a scheduler does that runs one command however often it takes. */
  private static Process trainInto(String output, Map<String, String> settings, String... more)
      throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of("train", "--config", "tiny.yaml", "--data", uri("data"), "--output", output));
    arguments.add("--auto-resume");
    arguments.addAll(List.of(more));
    Map<String, String> all = new HashMap<>(settings);
    all.put("spark.master", cluster.address());
    all.put("spark.executor.memory", "640m");
    all.put("spark.hadoop.dfs.client.block.write.replace-datanode-on-failure.policy", "NEVER");
    return Program.start(directory, all, arguments.toArray(String[]::new));
  }

  /** Returns when a round's record is there, which is while the next round trains. */
  private static void awaitRound(Process driver, String run, int round) throws Exception {
    awaitLine(driver, run, "\"kind\":\"round\",\"round\":" + round + ",");
  }

  private static void awaitLine(Process driver, String run, String part) throws Exception {
    org.apache.hadoop.fs.Path metrics = new org.apache.hadoop.fs.Path(path(run), "metrics.jsonl");
    while (!files.exists(metrics)
        || !new String(read(metrics), StandardCharsets.UTF_8).contains(part)) {
      assertThat(driver.waitFor(10, TimeUnit.MILLISECONDS)).as(errors()).isFalse();
    }
  }

  private static void awaitFile(Process driver, Path file) throws Exception {
    while (!Files.exists(file)) {
      assertThat(driver.waitFor(10, TimeUnit.MILLISECONDS)).as(errors()).isFalse();
    }
  }

  private static void awaitError(Process driver, String part) throws Exception {
    while (!errors().contains(part)) {
      assertThat(driver.waitFor(10, TimeUnit.MILLISECONDS)).as(errors()).isFalse();
    }
  }

  private static void kill(ProcessHandle process) {
    assertThat(process.destroyForcibly()).isTrue();
    process.onExit().join();
  }

  private static void assertEqualsWhole(String run) throws IOException {
    assertThat(read(model(checkpoint(run, ROUNDS)))).isEqualTo(wholeModel());
    assertThat(lines(run)).isEqualTo(lines("whole"));
    assertNothingTemporary(run);
  }

  private static void assertDiskEqualsWhole(SmallDisk disk) throws IOException {
    Path run = disk.path().resolve("run");
    assertThat(run.resolve("checkpoints/round-000000" + ROUNDS + "/model.safetensors"))
        .hasBinaryContent(wholeModel());
    assertThat(withoutTimes(Files.readAllLines(run.resolve("metrics.jsonl"))))
        .isEqualTo(lines("whole"));
    try (var all = Files.walk(run)) {
      assertThat(all.map(file -> file.getFileName().toString()))
          .noneMatch(name -> isTemporary(name));
    }
  }

  private static byte[] wholeModel() throws IOException {
    return read(model(checkpoint("whole", ROUNDS)));
  }

  private static void assertNothingTemporary(String run) throws IOException {
    RemoteIterator<LocatedFileStatus> all = files.listFiles(path(run), true);
    while (all.hasNext()) {
      String file = all.next().getPath().toUri().getPath();
      assertThat(file.substring(1).split("/", -1))
          .as(file)
          .noneMatch(FaultsChangeNoBitTest::isTemporary);
    }
  }

  private static boolean isTemporary(String name) {
    return name.startsWith("_") || name.startsWith(".") || name.contains("incomplete");
  }

  private static org.apache.hadoop.fs.Path checkpoint(String run, int round) {
    return new org.apache.hadoop.fs.Path(path(run), String.format("checkpoints/round-%07d", round));
  }

  private static org.apache.hadoop.fs.Path model(org.apache.hadoop.fs.Path checkpoint) {
    return new org.apache.hadoop.fs.Path(checkpoint, "model.safetensors");
  }

  private static org.apache.hadoop.fs.Path path(String name) {
    return new org.apache.hadoop.fs.Path("/" + name);
  }

  private static String uri(String name) {
    return hdfs.getURI() + "/" + name;
  }

  private static byte[] read(org.apache.hadoop.fs.Path file) throws IOException {
    try (InputStream in = files.open(file)) {
      return in.readAllBytes();
    }
  }

  private static List<String> lines(String run) throws IOException {
    byte[] metrics = read(new org.apache.hadoop.fs.Path(path(run), "metrics.jsonl"));
    return withoutTimes(new String(metrics, StandardCharsets.UTF_8).lines().toList());
  }

  private static List<String> withoutTimes(List<String> lines) {
    return lines.stream()
        .map(
            line ->
                line.replaceAll(
                    "\"(seconds|\\w+_seconds|outside_share|tokens_per_second)\":[^,}]+", ""))
        .toList();
  }

  private static String errors() throws IOException {
    return Files.readString(directory.resolve("err.log"));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
