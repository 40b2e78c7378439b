package io.polyspark.model.golden;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polyspark.model.config.ModelConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * One reference case: a directory with a {@code case.json} and float64 arrays.
 *
 * @param directory where the files are; its name is the case's
 * @param description what {@code case.json} says
 */
record GoldenCase(Path directory, JsonNode description) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String DESCRIPTION = "case.json";

  /** Every case in a directory, in the order of their names. */
  static List<GoldenCase> in(Path golden) throws IOException {
    try (Stream<Path> directories = Files.list(golden)) {
      return directories
          .filter(directory -> Files.exists(directory.resolve(DESCRIPTION)))
          .sorted()
          .map(GoldenCase::open)
          .toList();
    }
  }

  private static GoldenCase open(Path directory) {
    try {
      return new GoldenCase(directory, JSON.readTree(directory.resolve(DESCRIPTION).toFile()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String name() {
    return directory.getFileName().toString();
  }

  String kind() {
    return description.path("kind").asText();
  }

  /** The values of the description that are keys of a model's configuration. */
  Map<String, Object> values(String... keys) {
    Map<String, Object> all =
        JSON.convertValue(description, new TypeReference<LinkedHashMap<String, Object>>() {});
    all.keySet().retainAll(List.of(keys));
    return all;
  }

  /** The configuration of a language model's case. */
  ModelConfig modelConfig() throws IOException {
    Map<String, Object> values =
        values(
            "vocab_size",
            "hidden_size",
            "intermediate_size",
            "num_hidden_layers",
            "num_attention_heads",
            "num_key_value_heads",
            "hidden_act",
            "rms_norm_eps",
            "rope_theta",
            "qk_norm",
            "num_experts",
            "num_experts_per_tok",
            "router_aux_loss_coef",
            "router_z_loss_coef",
            "norm_topk_prob");
    values.put("max_position_embeddings", array("ids").columns());
    return ModelConfig.fromMap(values, name());
  }

  NpyArray array(String name) throws IOException {
    return NpyArray.read(directory.resolve(name + ".npy"));
  }

  /**
   * Holds values against the case's own: the largest difference may be {@code tolerance} times the
   * largest value, or {@code tolerance} itself where the reference is all zero.
   */
  void assertClose(String name, double[] found, double tolerance) throws IOException {
    double[] expected = array(name).values();
    assertThat(found).as(name).hasSameSizeAs(expected);
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      assertThat(found[i]).as("%s[%d]", name, i).isFinite();
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs(found[i] - expected[i]));
    }
    assertThat(difference / (largest == 0 ? 1 : largest))
        .as("%s: largest difference over largest value", name)
        .isLessThanOrEqualTo(tolerance);
  }
}
