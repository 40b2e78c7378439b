package io.polyspark.cluster;

import io.polyspark.testing.Outcome;
import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The cluster that {@code submit/cluster/start} starts and {@code submit/cluster/stop} ends, with
 * the Spark of the tests and on ports that were free.
 */
final class ScriptedCluster {
  /** Where the scripts and the settings are. */
  static final Path SUBMIT = Path.of(System.getProperty("conf.dir"), "..", "submit", "cluster");

  private final Path directory;
  private final Map<String, String> environment = new HashMap<>();
  private final int port = freePort();
  private final int uiPort = freePort();

  /**
   * Starts nothing yet.
   *
   * @param directory for Spark's home, and the logs in {@code cluster}
   * @param more what the scripts have in their environment beside it
   */
  ScriptedCluster(Path directory, Map<String, String> more) throws IOException {
    this.directory = directory;
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("SPARK_HOME", home(directory.resolve("spark-home")).toString());
    environment.put("SPARK_MASTER_PORT", Integer.toString(port));
    environment.put("SPARK_MASTER_WEBUI_PORT", Integer.toString(uiPort));
    environment.put("SPARK_DAEMON_MEMORY", "256m");
    environment.put("POLYSPARK_CLUSTER_DIR", logs().toString());
    environment.putAll(more);
  }

  /** A folder with jars/ is a Spark home. */
  private static Path home(Path home) throws IOException {
    Path jars = Files.createDirectories(home.resolve("jars"));
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      if (entry.endsWith(".jar")) {
        Path jar = Path.of(entry);
        Files.createSymbolicLink(jars.resolve(jar.getFileName()), jar);
      }
    }
    return home;
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** Calls {@code start}. */
  Outcome start(String... arguments) throws IOException, InterruptedException {
    return call("start", environment, arguments);
  }

  /** Calls it for another cluster at the same ports. */
  Outcome startAnother(String... arguments) throws IOException, InterruptedException {
    Map<String, String> other = new HashMap<>(environment);
    other.put("POLYSPARK_CLUSTER_DIR", directory.resolve("another").toString());
    return call("start", other, arguments);
  }

  /** Calls {@code stop}. */
  Outcome stop() throws IOException, InterruptedException {
    return call("stop", environment);
  }

  private Outcome call(String script, Map<String, String> with, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(SUBMIT.resolve(script).toString()));
    command.addAll(List.of(arguments));
    return Outcome.of(directory, with, command.toArray(String[]::new));
  }

  /** What {@code --master} takes. */
  String address() {
    return "spark://127.0.0.1:" + port;
  }

  /** Of the master's page without TLS; with it, 400 more. */
  int uiPort() {
    return uiPort;
  }

  /** Logs, process ids and the executors' working directories. */
  Path logs() {
    return directory.resolve("cluster");
  }

  /** The processes of it that are alive, executors among them. */
  List<ProcessHandle> processes() throws IOException {
    List<ProcessHandle> found = new ArrayList<>();
    try (var files = Files.newDirectoryStream(logs(), "*.pid")) {
      for (Path file : files) {
        ProcessHandle.of(Long.parseLong(Files.readString(file).strip()))
            .ifPresent(
                process -> {
                  found.add(process);
                  process.descendants().forEach(found::add);
                });
      }
    }
    return found;
  }
}
