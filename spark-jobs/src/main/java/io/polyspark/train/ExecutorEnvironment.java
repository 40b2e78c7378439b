package io.polyspark.train;

import io.polyspark.model.checkpoint.Environment;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.model.tensor.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/** Finds out what the bits of a replica depend on in the JVM that computes it. */
final class ExecutorEnvironment {
  private static final Path CPU = Path.of("/proc/cpuinfo");

  private ExecutorEnvironment() {}

  /** The environment of this JVM. */
  static Environment here() {
    try (Kernels kernels = KernelsProvider.create(Precision.FLOAT32)) {
      return new Environment(
          threads(), kernels.description(), blasCore(), System.getProperty("java.version"));
    }
  }

  private static int threads() {
    String threads = System.getenv("OMP_NUM_THREADS");
    return threads == null ? Runtime.getRuntime().availableProcessors() : Integer.parseInt(threads);
  }

  /** OpenBLAS chooses its code for the processor, unless it is told which to take. */
  private static String blasCore() {
    return Optional.ofNullable(System.getenv("OPENBLAS_CORETYPE"))
        .orElseGet(() -> "chosen for " + processor());
  }

  private static String processor() {
    Set<String> identity = new LinkedHashSet<>();
    try {
      for (String line : Files.readAllLines(CPU)) {
        if (line.matches("(vendor_id|cpu family|model|model name)\\s*:.*")) {
          identity.add(line.replaceAll("\\s*:\\s*", " "));
        }
      }
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
    return String.join(", ", identity);
  }
}
