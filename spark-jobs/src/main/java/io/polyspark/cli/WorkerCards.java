package io.polyspark.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkConf;

/**
 * Tells the worker that Spark starts on this machine which GPUs it hands out, in place of a script
 * of the user's that finds them.
 */
final class WorkerCards {
  private static final String FILE = "spark.worker.resourcesFile";

  private WorkerCards() {}

  /** Writes the file that the worker reads, where {@link GpuSettings} has found GPUs for it. */
  static void tell(SparkConf conf) {
    if (!conf.contains(GpuSettings.CARDS) || conf.contains(FILE)) {
      return;
    }
    Map<String, Object> gpus =
        Map.of(
            "id",
            Map.of("componentName", "spark.worker", "resourceName", "gpu"),
            "addresses",
            List.of(conf.get(GpuSettings.CARDS).split(",")));
    try {
      Path file = Files.createTempFile("polyspark-gpus", ".json");
      file.toFile().deleteOnExit();
      new ObjectMapper().writeValue(file.toFile(), List.of(gpus));
      conf.set(FILE, file.toString());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write which GPUs this machine has", e);
    }
  }
}
