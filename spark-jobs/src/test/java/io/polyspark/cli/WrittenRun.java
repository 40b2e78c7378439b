package io.polyspark.cli;

import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.checkpoint.Environment;
import io.polyspark.model.checkpoint.RunDirectory;
import io.polyspark.model.checkpoint.TrainerState;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.dl4j.Replica;
import io.polyspark.model.tokenize.ByteTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;

/** A run of a tiny model that nobody trained: its checkpoints and its metrics are written down. */
final class WrittenRun {
  static final int ROUNDS = 6;
  static final int TOKENS_PER_ROUND = 3072;

  private final Path directory;
  private final ModelConfig model;
  private final StringBuilder metrics = new StringBuilder();

  private WrittenRun(Path directory, ModelConfig model) {
    this.directory = directory;
    this.model = model;
  }

  /** A run of six rounds of two steps of two replicas, with a checkpoint after each. */
  static WrittenRun of(Path directory, String activation, double firstLoss) throws IOException {
    Map<String, Object> keys = new LinkedHashMap<>(ModelConfig.load("tiny", "test").toMap());
    keys.put("hidden_act", activation);
    WrittenRun run = new WrittenRun(directory, ModelConfig.fromMap(keys, "test"));
    for (int round = 1; round <= ROUNDS; round++) {
      run.round(round, firstLoss);
      run.checkpoint(round);
    }
    run.writeMetrics();
    return run;
  }

  /** Adds a notice. */
  WrittenRun notice(String text) throws IOException {
    line(
        """
        {"kind":"notice","round":3,"time":1790000030000,"topic":"fault","severity":"warning","text":"%s"}""",
        text);
    writeMetrics();
    return this;
  }

  Path metrics() {
    return directory.resolve("metrics.jsonl");
  }

  /** The mean training loss of a round. */
  static double loss(double firstLoss, int round) {
    return firstLoss / round;
  }

  private void round(int round, double firstLoss) {
    for (int replica = 0; replica < 2; replica++) {
      for (int step = 2 * round - 1; step <= 2 * round; step++) {
        line(
            """
            {"kind":"step","round":%d,"replica":%d,"step":%d,"loss":%s,"gradient_norm":%s,"learning_rate":%s,"tokens":768,"compute_seconds":0.25}""",
            round,
            replica,
            step,
            loss(firstLoss, round),
            // Of the two replicas the mean is 1.5 times the step.
            step * (1.0 + replica),
            step * 1e-5);
      }
    }
    line(
        """
        {"kind":"round","round":%d,"step":%d,"replica_steps":[2,2],"loss":%s,%s"tokens_seen":%d,"seconds":2.0,"compute_seconds":1.0,"average_seconds":0.5,"wait_seconds":0.25,"broadcast_seconds":0.125,"checkpoint_seconds":0.0625,"sent_bytes":4096,"broadcast_bytes":1024,"outside_share":0.75,"tokens_per_second":1536.0,"coefficients":{"model.layers.0.mlp.act_fn.weight":[0.25,0.5,%s],"model.layers.0.mlp.act_fn.bias":[-0.125]},"experts":[{"load":[0.75,0.25],"entropy":0.5623,"load_balancing_loss":1.0,"z_loss":1.0,"dropped":0}],"time":%d,"replicas":[{"replica":0,"host":"node-1","executor":"1","gpu":"","steps":2,"tokens_per_second":3072.0,"last_seen":1790000000000}]}""",
        round,
        2 * round,
        loss(firstLoss, round),
        round % 2 == 0 ? "\"validation_loss\":" + (loss(firstLoss, round) + 0.125) + "," : "",
        (long) TOKENS_PER_ROUND * round,
        0.0625 * round,
        1_790_000_000_000L + 2000L * round);
  }

  private void line(String format, Object... values) {
    metrics.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  private void writeMetrics() throws IOException {
    Files.writeString(metrics(), metrics);
  }

  private void checkpoint(int round) throws IOException {
    FileSystem fs = FileSystem.getLocal(new Configuration()).getRaw();
    RunDirectory run = new RunDirectory(fs, new org.apache.hadoop.fs.Path(directory.toUri()));
    Map<String, Object> configuration = new LinkedHashMap<>();
    configuration.put("model", model.toMap());
    configuration.put("steps", 2L * ROUNDS);
    TrainerState trainer =
        new TrainerState(
            round,
            2L * round,
            0,
            List.of(),
            (long) TOKENS_PER_ROUND * round,
            7,
            2,
            12,
            16,
            "none",
            configuration,
            new Environment(1, "vector", "Zen", "17.0.9"));
    try (Replica replica = Replica.create(model, 1, model.maxPositionEmbeddings())) {
      replica.initialize(round);
      Checkpoint.write(
          fs,
          run.checkpoint(round),
          new Checkpoint.Contents(
              model,
              replica.parameters(),
              new ByteTokenizer().json(),
              trainer,
              Optional.empty(),
              Map.of(),
              Map.of()));
    }
  }
}
