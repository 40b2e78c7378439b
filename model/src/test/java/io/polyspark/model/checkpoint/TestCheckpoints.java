package io.polyspark.model.checkpoint;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.model.transformer.ParameterLayout;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/** A small model and checkpoints of it. */
final class TestCheckpoints {
  private TestCheckpoints() {}

  static ModelConfig model() {
    return ModelConfig.fromMap(
        Map.of(
            "vocab_size", 11,
            "hidden_size", 8,
            "intermediate_size", 12,
            "num_hidden_layers", 2,
            "num_attention_heads", 2,
            "max_position_embeddings", 16,
            "hidden_act", "polynorm",
            "rope_theta", 10000.0),
        "test");
  }

  static Checkpoint.Contents contents(int round) {
    return contents(round, Map.of());
  }

  static Checkpoint.Contents contents(
      int round, Map<String, org.apache.hadoop.fs.Path> extraFiles) {
    int length = (int) zeros().length();
    return new Checkpoint.Contents(
        model(),
        HeapVector.counting(length, round),
        "{\"tokenizer\": \"é\"}".getBytes(StandardCharsets.UTF_8),
        TrainerStateTest.state(round),
        Optional.of(
            new Checkpoint.Moments(
                HeapVector.counting(length, 0.25f), HeapVector.counting(length, 0.75f))),
        Map.of("momentum", HeapVector.counting(length, 0.5f)),
        extraFiles);
  }

  static HeapVector zeros() {
    return new HeapVector(new float[Math.toIntExact(ParameterLayout.of(model()).length())]);
  }

  static float[] values(FlatVector vector) {
    float[] values = new float[Math.toIntExact(vector.length())];
    vector.read(0, values, 0, values.length);
    return values;
  }
}
