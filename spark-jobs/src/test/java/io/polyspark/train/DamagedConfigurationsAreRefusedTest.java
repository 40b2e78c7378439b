package io.polyspark.train;

import io.polyspark.model.read.DamagedFile;
import io.polyspark.model.read.Mutations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The YAML file of a training run, damaged in thousands of ways. */
class DamagedConfigurationsAreRefusedTest {
  @TempDir Path directory;

  @Test
  void yaml() throws IOException {
    Path file = directory.resolve("train.yaml");
    Files.copy(Path.of(System.getProperty("conf.dir"), "train", "small.yaml"), file);
    TrainConfig valid = TrainConfig.load(file, List.of());
    Files.writeString(file, valid.toYaml());
    Mutations mutations = new Mutations(13);
    new DamagedFile(file, file.toString(), () -> TrainConfig.load(file, List.of()))
        .read(1200, mutations::of);
  }
}
