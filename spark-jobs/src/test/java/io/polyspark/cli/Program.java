package io.polyspark.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.launcher.JavaModuleOptions;

/** The real main class in a process of its own, on a real Spark. */
public final class Program {
  private static final String CLASS_PATH = System.getProperty("java.class.path");

  private Program() {}

  /**
   * Starts it with 1 GiB of heap.
   *
   * @param directory where it works, and where {@code out.log} and {@code err.log} are written
   * @param master for Spark
   */
  static Process start(Path directory, String master, String... arguments) throws IOException {
    return start(directory, Map.of("spark.master", master), arguments);
  }

  /**
   * As the other.
   *
   * @param settings Spark's, beside those that every test has
   */
  public static Process start(Path directory, Map<String, String> settings, String... arguments)
      throws IOException {
    return command(directory, settings, arguments).start();
  }

  /**
   * As the other.
   *
   * @param environment variables beside those of this process
   */
  public static Process start(
      Path directory,
      Map<String, String> settings,
      Map<String, String> environment,
      String... arguments)
      throws IOException {
    ProcessBuilder builder = command(directory, settings, arguments);
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** Whether there is a Python to make terminals with. */
  static boolean hasTerminals() throws InterruptedException {
    try {
      return new ProcessBuilder("python3", "-c", "import pty").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * As {@link #start}, on a terminal: {@code out.log} is what it shows, and what is written to the
   * process is typed.
   */
  static Process startOnTerminal(Path directory, int columns, String master, String... arguments)
      throws IOException {
    ProcessBuilder builder = command(directory, Map.of("spark.master", master), arguments);
    String script = Path.of("src", "test", "resources", "terminal.py").toAbsolutePath().toString();
    builder.command().addAll(0, List.of("python3", script, Integer.toString(columns)));
    builder.environment().put("TERM", "xterm");
    return builder.start();
  }

  private static ProcessBuilder command(
      Path directory, Map<String, String> settings, String... arguments) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("spark.driver.host", "127.0.0.1");
    all.put("spark.ui.enabled", "false");
    all.put("spark.executor.extraClassPath", CLASS_PATH);
    all.putAll(settings);
    List<String> command = new ArrayList<>();
    all.forEach((key, value) -> command.add("-D" + key + "=" + value));
    command.add(PolySpark.class.getName());
    command.addAll(List.of(arguments));
    return java(directory, command);
  }

  /**
   * A main class in a process of its own by spark-submit, whose command line holds no setting.
   *
   * @param directory where it works, and where {@code out.log} and {@code err.log} are written
   * @param options spark-submit's
   * @param main a class of the class path
   */
  public static ProcessBuilder submit(
      Path directory, List<String> options, Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add("org.apache.spark.deploy.SparkSubmit");
    command.addAll(options);
    // No jar: the class is on the class path.
    command.addAll(List.of("--class", main.getName(), "spark-internal"));
    command.addAll(List.of(arguments));
    return java(directory, command);
  }

  private static ProcessBuilder java(Path directory, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(JavaModuleOptions.defaultModuleOptions().split(" ")));
    command.addAll(List.of("-Xmx1g", "-cp", CLASS_PATH));
    command.addAll(arguments);
    return new ProcessBuilder(command)
        .directory(directory.toFile())
        .redirectOutput(directory.resolve("out.log").toFile())
        .redirectError(directory.resolve("err.log").toFile());
  }
}
