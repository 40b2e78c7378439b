package io.polyspark.model.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.config.UserError;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The {@code config.json} of a checkpoint: the model's configuration, and what tools look for. */
final class ConfigJson {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private ConfigJson() {}

  /** The file's bytes. */
  static byte[] write(ModelConfig model) throws JsonProcessingException {
    Map<String, Object> keys = constantKeys();
    keys.putAll(model.toMap());
    return JSON.writeValueAsBytes(keys);
  }

  /**
   * Reads the file.
   *
   * @param json its bytes
   * @param source its name, for messages
   * @throws UserError if it is no JSON object or not the configuration of a model
   */
  static ModelConfig read(byte[] json, String source) throws IOException {
    try {
      Map<String, Object> keys =
          JSON.readValue(json, new TypeReference<LinkedHashMap<String, Object>>() {});
      keys.keySet().removeAll(constantKeys().keySet());
      return ModelConfig.fromMap(keys, source);
    } catch (JsonProcessingException e) {
      throw new UserError(
          String.format("%s is not a JSON object: %s.", source, e.getOriginalMessage()), e);
    }
  }

  /** Keys that say nothing about a model's shape. */
  private static Map<String, Object> constantKeys() {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("architectures", List.of("PolySparkForCausalLM"));
    keys.put("model_type", "polyspark");
    keys.put("torch_dtype", "float32");
    return keys;
  }
}
