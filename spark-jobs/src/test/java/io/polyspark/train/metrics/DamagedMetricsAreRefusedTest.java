package io.polyspark.train.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.read.DamagedFile;
import io.polyspark.model.read.Mutations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A {@code metrics.jsonl}, damaged in thousands of ways. */
class DamagedMetricsAreRefusedTest {
  private static final String STEP =
      """
      {"kind":"step","round":%d,"replica":0,"step":7,"loss":3.25,"gradient_norm":"NaN",\
      "learning_rate":0.001,"tokens":96,"compute_seconds":0.5}
      """;
  private static final String ROUND =
      """
      {"kind":"round","round":%d,"step":8,"replica_steps":[4,4],"loss":3.5,"validation_loss":3.75,\
      "tokens_seen":768,"seconds":1.5,"compute_seconds":1.25,"average_seconds":0.125,\
      "wait_seconds":0.0,"broadcast_seconds":0.0625,"checkpoint_seconds":0.0,"sent_bytes":9000,\
      "broadcast_bytes":4500,"outside_share":0.25,"tokens_per_second":512.0,\
      "coefficients":{"model.layers.0.mlp.act_fn.weight":[0.25,0.5,0.75]}}
      """;

  @TempDir Path directory;

  @Test
  void metrics() throws IOException {
    FileSystem fs = FileSystem.getLocal(new Configuration()).getRaw();
    Path file = directory.resolve("metrics.jsonl");
    StringBuilder text = new StringBuilder();
    for (int round = 1; round <= 3; round++) {
      text.append(STEP.formatted(round)).append(STEP.formatted(round));
      text.append(ROUND.formatted(round));
    }
    Files.writeString(file, text);
    Mutations mutations = new Mutations(12);
    List<Metrics> read = new ArrayList<>();
    new DamagedFile(
            file,
            file.toString(),
            () -> {
              read.clear();
              MetricsFile.read(fs, new org.apache.hadoop.fs.Path(file.toUri()), read::add);
              read.forEach(DamagedMetricsAreRefusedTest::use);
            })
        .read(1200, mutations::of);
  }

  private static void use(Metrics metrics) {
    if (metrics instanceof RoundMetrics round) {
      assertThat(round.coefficients()).isNotNull();
      assertThat(round.validationLoss()).isNotNull();
    }
  }
}
