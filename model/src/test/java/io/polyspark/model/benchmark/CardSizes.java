package io.polyspark.model.benchmark;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.polyspark.model.config.ModelConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;

/**
 * At what sizes a card is measured. Letters: B sequences of T tokens.
 *
 * @param copied the elements of a copy
 * @param square the sizes of the product whose speed is the peak
 * @param dense the dense model
 * @param experts the mixture of experts
 * @param sequences B of single operations, and the most of a step
 * @param positions T
 * @param stepped the parameters of AdamW alone
 * @param repetitions how often anything is timed
 * @param secondsEach how long the calls of a repetition should at least take together
 */
record CardSizes(
    long copied,
    int square,
    ModelConfig dense,
    ModelConfig experts,
    int sequences,
    int positions,
    long stepped,
    int repetitions,
    double secondsEach) {
  /** Those of the PolyCom paper (arXiv 2411.03884), the mixture with fewer layers. */
  static CardSizes ofThePaper(int layersOfExperts) {
    ModelConfig dense = preset("dense-1.3b", Map.of());
    ModelConfig experts = preset("moe-1b-7b", Map.of("num_hidden_layers", layersOfExperts));
    return new CardSizes(1L << 29, 8192, dense, experts, 4, 4096, 1L << 28, 9, 0.02);
  }

  /** For a dry run, on an emulated card. */
  static CardSizes tiny() {
    ModelConfig dense = preset("tiny", Map.of());
    return new CardSizes(1 << 12, 32, dense, preset("moe-tiny", Map.of()), 1, 16, 999, 1, 0);
  }

  /** N = B*T. */
  int rows() {
    return sequences * positions;
  }

  /** Read here because the ordinary way asks for Hadoop's libraries too. */
  private static ModelConfig preset(String name, Map<String, ?> over) {
    try (InputStream in =
        ModelConfig.class.getResourceAsStream("/io/polyspark/conf/model/" + name + ".yaml")) {
      Map<String, Object> values =
          new YAMLMapper().readValue(in, new TypeReference<Map<String, Object>>() {});
      values.putAll(over);
      return ModelConfig.fromMap(values, "preset " + name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
