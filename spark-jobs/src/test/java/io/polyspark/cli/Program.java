package io.polyspark.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.launcher.JavaModuleOptions;

/** The real main class in a process of its own, on a real Spark. */
final class Program {
  private Program() {}

  /**
   * Starts it with 1 GiB of heap.
   *
   * @param directory where it works, and where {@code out.log} and {@code err.log} are written
   * @param master for Spark
   */
  static Process start(Path directory, String master, String... arguments) throws IOException {
    String classPath = System.getProperty("java.class.path");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(JavaModuleOptions.defaultModuleOptions().split(" ")));
    Map<String, String> settings =
        Map.of(
            "spark.master",
            master,
            "spark.driver.host",
            "127.0.0.1",
            "spark.ui.enabled",
            "false",
            "spark.executor.extraClassPath",
            classPath);
    settings.forEach((key, value) -> command.add("-D" + key + "=" + value));
    command.addAll(List.of("-Xmx1g", "-cp", classPath, "io.polyspark.cli.PolySpark"));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .directory(directory.toFile())
        .redirectOutput(directory.resolve("out.log").toFile())
        .redirectError(directory.resolve("err.log").toFile())
        .start();
  }
}
