package io.polyspark.model.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import io.polyspark.model.read.ReadLimits;
import io.polyspark.model.read.StrictJson;
import io.polyspark.model.read.StrictYaml;
import io.polyspark.model.read.WholeFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Finds model configurations: presets that the jar carries, and files. */
public final class ModelFiles {
  /** The presets of conf/model, which the build copies into the jar. */
  public static final List<String> PRESETS =
      List.of("tiny", "moe-tiny", "char", "small", "dense-1.3b", "moe-1b-7b");

  private static final TypeReference<LinkedHashMap<String, Object>> KEYS = new TypeReference<>() {};

  private ModelFiles() {}

  static ModelConfig load(Object presetOrPathOrMap, String source) {
    return ModelConfig.fromMap(
        read(presetOrPathOrMap, source), describe(presetOrPathOrMap, source));
  }

  private static String describe(Object value, String source) {
    return value instanceof String name && !PRESETS.contains(name) ? name : source;
  }

  /**
   * The keys of a configuration, unchecked, so that a caller can lay others over them.
   *
   * @param presetOrPathOrMap a preset's name, the path of a YAML or JSON file, or the keys
   * @param source where the value stands, for messages
   * @return a new map, the caller's own
   * @throws UserError if there is no such preset and no such file, or it is no map of keys
   */
  public static Map<String, Object> read(Object presetOrPathOrMap, String source) {
    if (presetOrPathOrMap instanceof Map<?, ?> keys) {
      Map<String, Object> copy = new LinkedHashMap<>();
      keys.forEach((key, value) -> copy.put(String.valueOf(key), value));
      return copy;
    }
    if (!(presetOrPathOrMap instanceof String name) || name.isBlank()) {
      throw UserError.of(
          "%s: 'model' is '%s', but must be a preset (%s), a path, or the keys of a model.",
          source, presetOrPathOrMap, String.join(", ", PRESETS));
    }
    return PRESETS.contains(name) ? preset(name) : file(name, source);
  }

  private static Map<String, Object> preset(String name) {
    try (InputStream in =
        ModelFiles.class.getResourceAsStream("/io/polyspark/conf/model/" + name + ".yaml")) {
      return parse(in.readAllBytes(), "preset " + name);
    } catch (IOException e) {
      throw new IllegalStateException("The jar lacks the preset " + name, e);
    }
  }

  private static Map<String, Object> file(String name, String source) {
    try {
      return parse(WholeFile.read(Path.of(name), ReadLimits.CONFIGURATION), name);
    } catch (IOException | InvalidPathException e) {
      throw new UserError(
          String.format(
              "%s: the model '%s' is neither a preset (%s) nor a file that can be read.",
              source, name, String.join(", ", PRESETS)),
          e);
    }
  }

  private static Map<String, Object> parse(byte[] text, String source) {
    try {
      Map<String, Object> keys = StrictYaml.read(WholeFile.utf8(text, source), KEYS);
      if (keys == null) {
        throw UserError.of("%s: is empty; give the keys of a model.", source);
      }
      return keys;
    } catch (JsonProcessingException e) {
      throw new UserError(
          String.format(
              "%s: is not a map of keys in YAML or JSON: %s.", source, StrictJson.reason(e)),
          e);
    }
  }
}
