package io.polyspark.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.testing.LocalCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.launcher.JavaModuleOptions;

/**
 * Spark's own standalone cluster on loopback: a master and workers of a few cores, every one a
 * process that can be killed, and so are the executors that the workers start.
 */
final class StandaloneCluster implements AutoCloseable {
  private static final Pattern ADDRESS = Pattern.compile("Starting Spark master at (spark://\\S+)");
  private static final int LOG_MILLISECONDS = 20;

  private final Path directory;
  private final int cores;
  private final List<String> workerOptions;
  private final Process master;
  private final String address;
  private final List<Process> workers = new ArrayList<>();
  private int started;

  /** Starts the master of a cluster whose workers have one core each. */
  StandaloneCluster(Path directory) throws IOException, InterruptedException {
    this(directory, 1, List.of());
  }

  /**
   * Starts the master.
   *
   * @param directory gets the logs and the executors' work directories
   * @param cores of each worker
   * @param workerOptions of their JVMs
   */
  StandaloneCluster(Path directory, int cores, List<String> workerOptions)
      throws IOException, InterruptedException {
    LocalCluster.makeHome();
    this.directory = directory;
    this.cores = cores;
    this.workerOptions = workerOptions;
    this.master =
        start(
            "master",
            List.of(),
            "org.apache.spark.deploy.master.Master",
            "--port",
            "0",
            "--webui-port",
            "0");
    this.address = awaitLog("master", master, ADDRESS).group(1);
  }

  /** What {@code --master} takes. */
  String address() {
    return address;
  }

  /** Replaces workers that are dead; returns when so many are registered. */
  void awaitWorkers(int number) throws IOException, InterruptedException {
    workers.removeIf(worker -> !worker.isAlive());
    while (workers.size() < number) {
      startWorker();
    }
  }

  private void startWorker() throws IOException, InterruptedException {
    String name = "worker-" + started++;
    Process worker =
        start(
            name,
            workerOptions,
            "org.apache.spark.deploy.worker.Worker",
            "--cores",
            Integer.toString(cores),
            "--memory",
            "2g",
            "--port",
            "0",
            "--webui-port",
            "0",
            "--work-dir",
            directory.resolve(name + "-work").toString(),
            address);
    workers.add(worker);
    awaitLog(name, worker, Pattern.compile("Successfully registered with master"));
  }

  /** The workers that are alive. */
  List<ProcessHandle> workers() {
    return workers.stream().filter(Process::isAlive).map(Process::toHandle).toList();
  }

  /** The executors that are alive: the children of the workers. */
  List<ProcessHandle> executors() {
    return workers().stream().flatMap(ProcessHandle::children).toList();
  }

  /**
   * Returns when no executor is alive: those of a driver that was killed take a moment to notice.
   */
  void awaitNoExecutors() {
    executors().forEach(executor -> executor.onExit().join());
  }

  private Process start(String name, List<String> options, String mainClass, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(JavaModuleOptions.defaultModuleOptions().split(" ")));
    // Says which port was free, and when a worker is registered.
    command.add("-Dlog4j2.configurationFile=classpath:org/apache/spark/log4j2-defaults.properties");
    command.addAll(options);
    command.addAll(List.of("-Xmx256m", "-cp", System.getProperty("java.class.path"), mainClass));
    command.addAll(List.of("--host", "127.0.0.1"));
    command.addAll(Arrays.asList(arguments));
    Path log = directory.resolve(name + ".log");
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  private Matcher awaitLog(String name, Process process, Pattern line)
      throws IOException, InterruptedException {
    Path log = directory.resolve(name + ".log");
    while (true) {
      String text = Files.readString(log);
      Matcher matcher = line.matcher(text);
      if (matcher.find()) {
        return matcher;
      }
      assertThat(process.waitFor(LOG_MILLISECONDS, TimeUnit.MILLISECONDS)).as(text).isFalse();
    }
  }

  @Override
  public void close() {
    executors().forEach(ProcessHandle::destroyForcibly);
    workers.forEach(Process::destroyForcibly);
    master.destroyForcibly();
    workers.forEach(worker -> worker.onExit().join());
    master.onExit().join();
  }
}
