package io.polyspark.prep.pipeline;

import com.fasterxml.jackson.core.type.TypeReference;
import io.polyspark.model.config.ConfigSection;
import io.polyspark.prep.filter.GopherRepetition;
import io.polyspark.prep.filter.NgramLimit;
import io.polyspark.prep.normalize.Normalize;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The settings of a configuration as a file has them, defaults included, for manifests and for what
 * a table is known by: {@link PipelineFile} reads the same configuration from them.
 */
final class Settings {
  private static final TypeReference<LinkedHashMap<String, Object>> MAP = new TypeReference<>() {};

  private Settings() {}

  /** All of them, in the order of the stages; what is left out is not there. */
  static Map<String, Object> of(PipelineConfig config) {
    Map<String, Object> all = new LinkedHashMap<>();
    Map<String, Object> sources = new LinkedHashMap<>();
    config.sources().forEach(source -> sources.put(source.name(), of(source)));
    all.put(PipelineFile.SOURCES, sources);
    all.putAll(cleaning(config));
    all.putAll(deduplicate(config));
    all.putAll(finishing(config));
    all.put("tokenizer", config.tokenizer());
    all.put("validation_fraction", config.validationFraction());
    all.put("shard_tokens", config.shardTokens());
    all.put("seed", config.seed());
    MaxRejected rejected = config.maxRejected();
    all.put("max_rejected", rejected.share() > 0 ? rejected.toString() : rejected.count());
    return all;
  }

  /** Those of the stages before deduplication. */
  static Map<String, Object> cleaning(PipelineConfig config) {
    Map<String, Object> stages = new LinkedHashMap<>();
    config.normalize().ifPresent(stage -> stages.put("normalize", of(stage)));
    config.languages().ifPresent(stage -> stages.put("languages", map(stage)));
    config.gopherRepetition().ifPresent(stage -> stages.put("gopher_repetition", of(stage)));
    config.gopherQuality().ifPresent(stage -> stages.put("gopher_quality", map(stage)));
    config.c4().ifPresent(stage -> stages.put("c4", map(stage)));
    config.fineweb().ifPresent(stage -> stages.put("fineweb", map(stage)));
    config.badWords().ifPresent(file -> stages.put("bad_words", Map.of("file", file)));
    stages.put("samples", config.samples());
    return stages;
  }

  /** Those of the deduplication. */
  static Map<String, Object> deduplicate(PipelineConfig config) {
    Map<String, Object> stages = new LinkedHashMap<>();
    config
        .deduplicate()
        .ifPresent(
            stage -> {
              Map<String, Object> settings = map(stage.fingerprints());
              settings.put(
                  "verify_threshold",
                  stage.verifyThreshold().isPresent()
                      ? stage.verifyThreshold().getAsDouble()
                      : (Object) "off");
              stages.put("deduplicate", settings);
            });
    return stages;
  }

  /** Those of the stages after deduplication. */
  static Map<String, Object> finishing(PipelineConfig config) {
    Map<String, Object> stages = new LinkedHashMap<>();
    config.decontaminate().ifPresent(stage -> stages.put("decontaminate", map(stage)));
    config.maskAddresses().ifPresent(stage -> stages.put("mask_addresses", map(stage)));
    return stages;
  }

  private static Map<String, Object> of(Source source) {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("input", source.input());
    settings.put("format", ConfigSection.nameOf(source.read().format()));
    settings.put("text_field", source.read().textField());
    settings.put("document_separator", ConfigSection.nameOf(source.read().documentSeparator()));
    settings.put("max_document_bytes", source.read().maxDocumentBytes());
    settings.put("weight", source.weight());
    source
        .validationFraction()
        .ifPresent(fraction -> settings.put("validation_fraction", fraction));
    return settings;
  }

  private static Map<String, Object> of(Normalize stage) {
    Map<String, Object> settings = map(stage);
    settings.put("nfc", settings.remove("composed"));
    return settings;
  }

  private static Map<String, Object> of(GopherRepetition stage) {
    Map<String, Object> settings = map(stage);
    settings.put("top_ngrams", byLength(stage.topNgrams()));
    settings.put("duplicate_ngrams", byLength(stage.duplicateNgrams()));
    return settings;
  }

  private static Map<String, Object> byLength(List<NgramLimit> limits) {
    Map<Integer, Object> shares = new TreeMap<>();
    limits.forEach(limit -> shares.put(limit.words(), limit.share()));
    Map<String, Object> named = new LinkedHashMap<>();
    shares.forEach((words, share) -> named.put(Integer.toString(words), share));
    return named;
  }

  /** A record's components by the names that a file has for them. */
  private static Map<String, Object> map(Object stage) {
    return StageJson.MAPPER.convertValue(stage, MAP);
  }
}
