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
    String classPath = System.getProperty("java.class.path");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(JavaModuleOptions.defaultModuleOptions().split(" ")));
    Map<String, String> all = new LinkedHashMap<>();
    all.put("spark.driver.host", "127.0.0.1");
    all.put("spark.ui.enabled", "false");
    all.put("spark.executor.extraClassPath", classPath);
    all.putAll(settings);
    all.forEach((key, value) -> command.add("-D" + key + "=" + value));
    command.addAll(List.of("-Xmx1g", "-cp", classPath, "io.polyspark.cli.PolySpark"));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .directory(directory.toFile())
        .redirectOutput(directory.resolve("out.log").toFile())
        .redirectError(directory.resolve("err.log").toFile())
        .start();
  }
}
