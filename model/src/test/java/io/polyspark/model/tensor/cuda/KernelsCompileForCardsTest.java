package io.polyspark.model.tensor.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The kernels' sources by NVIDIA's own compiler, which needs no card: for the oldest architecture
 * that is served, for Hopper, and for both of Blackwell's.
 */
@Tag("large")
class KernelsCompileForCardsTest {
  private static final Path SOURCES =
      Path.of(
              System.getProperty("basedir", ""),
              "src/main/resources/io/polyspark/model/tensor/cuda")
          .toAbsolutePath();

  /** What does not fit into registers goes to memory and back. */
  private static final Pattern SPILLED = Pattern.compile("(\\d+) bytes spill stores");

  /** One kernel of attention's gradient spills a few, after Hopper. */
  private static final int MOST_SPILLED_BYTES = 32;

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"sm_80", "sm_90a", "sm_100", "sm_120"})
  void compile(String architecture) throws IOException, InterruptedException {
    assumeTrue(runs("nvcc", "--version"), "There is no nvcc on the PATH");
    try (Stream<Path> files = Files.list(SOURCES)) {
      for (Path source : files.filter(file -> file.toString().endsWith(".cu")).sorted().toList()) {
        compile(source, architecture);
      }
    }
  }

  private void compile(Path source, String architecture) throws IOException, InterruptedException {
    Path log = directory.resolve("log");
    Process compiler =
        new ProcessBuilder(
                List.of(
                    "nvcc",
                    "-std=c++17",
                    "-cubin",
                    "-arch=" + architecture,
                    "-Xptxas",
                    "-v",
                    "-o",
                    directory.resolve("cubin").toString(),
                    source.toString()))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    int status = compiler.waitFor();
    String said = Files.readString(log, StandardCharsets.UTF_8);
    assertThat(status).as("%s for %s: %s", source.getFileName(), architecture, said).isZero();
    int allowed =
        architecture.equals("sm_80") || architecture.equals("sm_90a") ? 0 : MOST_SPILLED_BYTES;
    Matcher spilled = SPILLED.matcher(said);
    while (spilled.find()) {
      assertThat(Integer.parseInt(spilled.group(1)))
          .as("bytes spilled by a kernel of %s for %s", source.getFileName(), architecture)
          .isLessThanOrEqualTo(allowed);
    }
  }

  private static boolean runs(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
