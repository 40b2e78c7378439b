package io.polyspark.model.tensor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A JVM of its own on the class path of the tests, for what is settled when one starts: flags,
 * modules, environment variables.
 */
public final class NewJvm {
  private final List<String> flags = new ArrayList<>();
  private final Map<String, String> environment = new HashMap<>();

  /** Adds flags to the command; the environment is this JVM's. */
  public NewJvm flags(String... added) {
    flags.addAll(List.of(added));
    return this;
  }

  /** Sets an environment variable, or none of that name where {@code value} is empty. */
  public NewJvm environment(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /**
   * Runs a class's main method.
   *
   * @return what it wrote, errors included
   * @throws AssertionError with what it wrote, where it ends with another status than 0
   */
  public String run(Class<?> main, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx512m");
    command.addAll(flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    environment.forEach(
        (variable, value) -> {
          if (value.isEmpty()) {
            builder.environment().remove(variable);
          } else {
            builder.environment().put(variable, value);
          }
        });
    Process jvm = builder.start();
    String said = new String(jvm.getInputStream().readAllBytes(), UTF_8);
    assertThat(jvm.waitFor()).as(said).isZero();
    return said;
  }
}
