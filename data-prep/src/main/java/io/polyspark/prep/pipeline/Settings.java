package io.polyspark.prep.pipeline;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * The settings of a configuration as a file has them, for manifests and for what a table is known
 * by. Values are numbers, text, lists and records of these.
 */
final class Settings {
  private Settings() {}

  /** All of them, in the order of the stages; what is left out is not there. */
  static Map<String, Object> of(PipelineConfig config) {
    Map<String, Object> all = new LinkedHashMap<>();
    Map<String, Object> sources = new LinkedHashMap<>();
    config.sources().forEach(source -> sources.put(source.name(), of(source)));
    all.put("sources", sources);
    all.putAll(cleaning(config));
    all.putAll(deduplicate(config));
    all.putAll(finishing(config));
    all.put("tokenizer", config.tokenizer());
    all.put("validation_fraction", config.validationFraction());
    all.put("shard_tokens", config.shardTokens());
    all.put("seed", config.seed());
    all.put("max_rejected", config.maxRejected().toString());
    return all;
  }

  /** Those of the stages before deduplication. */
  static Map<String, Object> cleaning(PipelineConfig config) {
    Map<String, Object> stages = new LinkedHashMap<>();
    config.normalize().ifPresent(stage -> stages.put("normalize", stage));
    config.languages().ifPresent(stage -> stages.put("languages", stage));
    config.gopherRepetition().ifPresent(stage -> stages.put("gopher_repetition", stage));
    config.gopherQuality().ifPresent(stage -> stages.put("gopher_quality", stage));
    config.c4().ifPresent(stage -> stages.put("c4", stage));
    config.fineweb().ifPresent(stage -> stages.put("fineweb", stage));
    config.badWords().ifPresent(file -> stages.put("bad_words", file));
    stages.put("samples", config.samples());
    return stages;
  }

  /** Those of the deduplication. */
  static Map<String, Object> deduplicate(PipelineConfig config) {
    Map<String, Object> settings = new LinkedHashMap<>();
    config
        .deduplicate()
        .ifPresent(
            stage -> {
              settings.put("fingerprints", stage.fingerprints());
              settings.put("verify_threshold", orOff(stage.verifyThreshold()));
            });
    return settings.isEmpty() ? settings : Map.of("deduplicate", settings);
  }

  /** Those of the stages after deduplication. */
  static Map<String, Object> finishing(PipelineConfig config) {
    Map<String, Object> stages = new LinkedHashMap<>();
    config.decontaminate().ifPresent(stage -> stages.put("decontaminate", stage));
    config.maskAddresses().ifPresent(stage -> stages.put("mask_addresses", stage));
    return stages;
  }

  private static Map<String, Object> of(Source source) {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("input", source.input());
    settings.put("read", source.read());
    settings.put("weight", source.weight());
    source
        .validationFraction()
        .ifPresent(fraction -> settings.put("validation_fraction", fraction));
    return settings;
  }

  private static Object orOff(OptionalDouble value) {
    return value.isPresent() ? value.getAsDouble() : "off";
  }
}
