package io.polyspark.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.cli.Program;
import io.polyspark.testing.MetricsLines;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.hdfs.MiniDFSCluster;

/**
 * Where faults happen: HDFS, Spark's standalone cluster, and drivers in processes of their own
 * whose data and runs lie on HDFS, each run in a directory of its name. One driver at a time.
 */
final class FaultyCluster implements AutoCloseable {
  private static final String CORPUS = "data";
  private static final int LOOK_AGAIN_MILLISECONDS = 10;

  /** With a single data node there is none to take the place of one that has failed. */
  private static final String DATA_NODE_POLICY =
      "dfs.client.block.write.replace-datanode-on-failure.policy";

  private final java.nio.file.Path directory;
  private final MiniDFSCluster hdfs;
  private final StandaloneCluster spark;
  private FileSystem files;

  /**
   * Starts everything, with two workers.
   *
   * @param directory for all that it writes; a run's configuration is {@code run.yaml} there
   */
  FaultyCluster(java.nio.file.Path directory) throws IOException, InterruptedException {
    this.directory = directory;
    Configuration configuration = new Configuration();
    configuration.set(DATA_NODE_POLICY, "NEVER");
    hdfs =
        new MiniDFSCluster.Builder(configuration, directory.resolve("hdfs").toFile())
            .nameNodePort(freePort())
            .numDataNodes(1)
            .build();
    files = hdfs.getFileSystem();
    spark = new StandaloneCluster(Files.createDirectories(directory.resolve("cluster")));
    spark.awaitWorkers(2);
  }

  /** HDFS, for what happens to files. */
  FileSystem files() {
    return files;
  }

  /** Spark's master and workers. */
  StandaloneCluster spark() {
    return spark;
  }

  /** HDFS has no name node from here on. */
  void stopNameNode() {
    hdfs.shutdownNameNodes();
  }

  /** It has one again. */
  void startNameNode() throws IOException {
    hdfs.restartNameNode(true);
    files = hdfs.getFileSystem();
  }

  /** Makes the corpus that the runs train on. */
  void prepare(java.nio.file.Path text) throws IOException, InterruptedException {
    Process prep =
        Program.start(
            directory,
            Map.of("spark.master", "local[2]"),
            "prep",
            "--input",
            text.toString(),
            "--split",
            "tail",
            "--output",
            uri(CORPUS));
    assertThat(prep.waitFor()).as(errors()).isZero();
  }

  /** Starts a run on HDFS, or goes on with it. */
  Process train(String run) throws IOException {
    return train(run, Map.of());
  }

  /**
   * As the other.
   *
   * @param settings of Spark
   * @param more arguments of the verb
   */
  Process train(String run, Map<String, String> settings, String... more) throws IOException {
    return trainInto(uri(run), settings, more);
  }

  /** As a scheduler does that runs one command however often it takes. */
  Process trainInto(String output, Map<String, String> settings, String... more)
      throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of("train", "--config", "run.yaml", "--data", uri(CORPUS), "--output", output));
    arguments.add("--auto-resume");
    arguments.addAll(List.of(more));
    Map<String, String> all = new HashMap<>(settings);
    all.put("spark.master", spark.address());
    all.put("spark.executor.memory", "640m");
    all.put("spark.hadoop." + DATA_NODE_POLICY, "NEVER");
    return Program.start(directory, all, arguments.toArray(String[]::new));
  }

  /** Returns when a round's record is there, which is while the next round trains. */
  void awaitRound(Process driver, String run, int round) throws Exception {
    awaitMetrics(driver, run, "\"kind\":\"round\",\"round\":" + round + ",");
  }

  /** Returns when {@code metrics.jsonl} of a run has such a part. */
  void awaitMetrics(Process driver, String run, String part) throws Exception {
    Path metrics = metrics(run);
    await(driver, () -> files.exists(metrics) && text(metrics).contains(part));
  }

  /** Returns when something has come to be, while the driver is alive. */
  void await(Process driver, Callable<Boolean> condition) throws Exception {
    while (!condition.call()) {
      assertThat(driver.waitFor(LOOK_AGAIN_MILLISECONDS, TimeUnit.MILLISECONDS))
          .as(errors())
          .isFalse();
    }
  }

  /** As {@code kill -9} does; returns when the process is gone. */
  static void kill(ProcessHandle process) {
    assertThat(process.destroyForcibly()).isTrue();
    process.onExit().join();
  }

  /** What the last process has written to its standard error stream. */
  String errors() throws IOException {
    return Files.readString(directory.resolve("err.log"));
  }

  /** A run's checkpoint after a round. */
  Path checkpoint(String run, int round) {
    return new Path(path(run), String.format("checkpoints/round-%07d", round));
  }

  /** The parameters after a round. */
  byte[] model(String run, int round) throws IOException {
    return read(new Path(checkpoint(run, round), "model.safetensors"));
  }

  /** What a run's {@code metrics.jsonl} says, without the times. */
  List<String> lines(String run) throws IOException {
    return MetricsLines.withoutTimes(text(metrics(run)).lines().toList());
  }

  /** The lines of a run's {@code metrics.jsonl} that say what happened, of one topic. */
  List<String> notices(String run, String topic) throws IOException {
    return text(metrics(run))
        .lines()
        .filter(line -> line.startsWith("{\"kind\":\"notice\""))
        .filter(line -> line.contains("\"topic\":\"" + topic + "\""))
        .toList();
  }

  /** No writer has left anything behind. */
  void assertNothingTemporary(String run) throws IOException {
    RemoteIterator<LocatedFileStatus> all = files.listFiles(path(run), true);
    while (all.hasNext()) {
      String file = all.next().getPath().toUri().getPath();
      assertThat(file.substring(1).split("/", -1)).as(file).noneMatch(FaultyCluster::isTemporary);
    }
  }

  /** Whether a writer gives such names to what is not whole yet. */
  static boolean isTemporary(String name) {
    // Hadoop keeps a file's checksum beside it on a local disk.
    boolean isChecksum = name.startsWith(".") && name.endsWith(".crc");
    return isChecksum
        ? isTemporary(name.substring(1, name.length() - ".crc".length()))
        : name.startsWith("_") || name.startsWith(".") || name.contains("incomplete");
  }

  /** A whole file. */
  byte[] read(Path file) throws IOException {
    try (InputStream in = files.open(file)) {
      return in.readAllBytes();
    }
  }

  /** A whole file of text. */
  String text(Path file) throws IOException {
    return new String(read(file), StandardCharsets.UTF_8);
  }

  /** The directory of a run. */
  static Path path(String run) {
    return new Path("/" + run);
  }

  /** The same, as everybody on the cluster names it. */
  String uri(String run) {
    return hdfs.getURI() + "/" + run;
  }

  private static Path metrics(String run) {
    return new Path(path(run), "metrics.jsonl");
  }

  /** So that a name node can come back to its address. */
  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() {
    spark.close();
    hdfs.shutdown();
  }
}
