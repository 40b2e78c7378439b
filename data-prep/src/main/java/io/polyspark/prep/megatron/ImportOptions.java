package io.polyspark.prep.megatron;

import io.polyspark.model.config.UserError;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What to make a corpus from.
 *
 * @param inputs prefixes of data sets of Megatron's: {@code x} for {@code x.bin} and {@code x.idx}
 * @param tokenizer what made the ids: {@code byte}, or the path of a {@code tokenizer.json}
 * @param output the directory to make, which must not exist
 * @param validationFraction share of the documents that is held out, between 0 and 1
 * @param shardTokens tokens per shard file
 */
public record ImportOptions(
    List<String> inputs,
    String tokenizer,
    String output,
    double validationFraction,
    long shardTokens) {
  /** Checks what can be checked without looking at any file. */
  public ImportOptions {
    inputs = List.copyOf(inputs);
    if (!(validationFraction > 0 && validationFraction < 1)) {
      throw UserError.of(
          "--validation-fraction is %s; it must lie between 0 and 1.", validationFraction);
    }
    if (shardTokens < 2) {
      throw UserError.of("--shard-tokens is %d; it must be at least 2.", shardTokens);
    }
  }

  /** The options that decide what is in the shards, for the manifest: not where they lie. */
  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("megatron", inputs);
    map.put("tokenizer", tokenizer);
    map.put("split", "hash");
    map.put("validation_fraction", validationFraction);
    map.put("shard_tokens", shardTokens);
    return map;
  }
}
