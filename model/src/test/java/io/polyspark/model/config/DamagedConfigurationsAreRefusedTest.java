package io.polyspark.model.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.polyspark.model.read.DamagedFile;
import io.polyspark.model.read.Mutations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The YAML file of a model, damaged in thousands of ways. */
class DamagedConfigurationsAreRefusedTest {
  @TempDir Path directory;

  @Test
  void yaml() throws IOException {
    Mutations mutations = new Mutations(6);
    model().read(1500, mutations::of);
  }

  /** SnakeYAML alone copies what it has read with every 1,025 characters of a word. */
  @Test
  void longWords() throws IOException {
    for (int length : new int[] {10_000, 16_384, 16_385, 500_000, 2_000_000}) {
      byte[] word = "x".repeat(length).getBytes(UTF_8);
      model().read(1, whole -> word);
      model()
          .read(1, whole -> (new String(whole, UTF_8) + "\n" + "y".repeat(length)).getBytes(UTF_8));
    }
  }

  private DamagedFile model() throws IOException {
    Path file = directory.resolve("model.yaml");
    Path valid = Path.of(System.getProperty("conf.dir"), "model", "moe-tiny.yaml");
    Files.copy(valid, file, StandardCopyOption.REPLACE_EXISTING);
    return new DamagedFile(
        file, file.toString(), () -> ModelConfig.load(file.toString(), "train.yaml"));
  }
}
