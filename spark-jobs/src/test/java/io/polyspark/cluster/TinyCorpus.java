package io.polyspark.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.cli.PolySpark;
import io.polyspark.cli.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A prepared corpus, and a run of five rounds that trains two replicas of a tiny model on it. */
final class TinyCorpus {
  private static final String CONFIG =
      """
      model: tiny
      steps: 100
      inner_steps: 20
      batch: 4
      context: 16
      validation: {every_rounds: 5, max_tokens: 64}
      """;

  private TinyCorpus() {}

  /** Makes {@code data} and {@code run.yaml} in a directory. */
  static void prepare(Path directory) throws Exception {
    Path text = directory.resolve("text.txt");
    Files.writeString(text, "The cat sat on the mat.\n".repeat(2000));
    Files.writeString(directory.resolve("run.yaml"), CONFIG);
    String[] arguments = {"prep", "--input", "text.txt", "--split", "tail", "--output", "data"};
    Process prep =
        Program.submit(directory, List.of("--master=local[1]"), PolySpark.class, arguments).start();
    assertThat(prep.waitFor()).as(Files.readString(directory.resolve("err.log"))).isZero();
  }

  /** The arguments that train on it. */
  static String[] train(String output) {
    return new String[] {"train", "--config", "run.yaml", "--data", "data", "--output", output};
  }
}
