package io.polyspark.prep;

import io.polyspark.model.config.UserError;
import io.polyspark.prep.tokenize.TokenizerOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What to make a corpus from, and how. The two factories give the defaults; the {@code with}
 * methods change one thing each.
 *
 * @param inputs files, directories and globs on any Hadoop file system; empty for synthetic text
 * @param syntheticBytes about how much text to generate, in bytes, in place of inputs
 * @param seed of the generated text
 * @param output the directory to make, which must not exist
 * @param tokenizer {@code byte}, or the path of a {@code tokenizer.json}
 * @param split how validation text is chosen
 * @param validationFraction share of the text that is held out, between 0 and 1
 * @param documentSeparator where documents end in text files
 * @param maxRejected how many damaged documents to leave out before the run is given up
 * @param shardTokens tokens per shard file
 */
public record PrepareOptions(
    List<String> inputs,
    Optional<Long> syntheticBytes,
    long seed,
    String output,
    String tokenizer,
    Split split,
    double validationFraction,
    DocumentSeparator documentSeparator,
    long maxRejected,
    long shardTokens) {
  /** The tokenizer that needs no file. */
  public static final String BYTE_TOKENIZER = TokenizerOption.BYTE;

  /** A hundredth of the text. */
  public static final double DEFAULT_VALIDATION_FRACTION = 0.01;

  /** 128 MiB of two-byte ids: a block of HDFS. */
  public static final long DEFAULT_SHARD_TOKENS = 1L << 26;

  /** Checks what can be checked without looking at any file. */
  public PrepareOptions {
    inputs = List.copyOf(inputs);
    if (inputs.isEmpty() == syntheticBytes.isEmpty()) {
      throw new UserError("Give either --input PATH... or --synthetic SIZE, one of the two.");
    }
    if (syntheticBytes.isPresent() && syntheticBytes.get() < 1) {
      throw UserError.of("--synthetic is %d bytes; it must be at least 1.", syntheticBytes.get());
    }
    if (!(validationFraction > 0 && validationFraction < 1)) {
      throw UserError.of(
          "--validation-fraction is %s; it must lie between 0 and 1.", validationFraction);
    }
    if (maxRejected < 0) {
      throw UserError.of("--max-rejected is %d; it must be 0 or more.", maxRejected);
    }
    if (shardTokens < 2) {
      throw UserError.of("--shard-tokens is %d; it must be at least 2.", shardTokens);
    }
  }

  /** A corpus of the user's files, with defaults for the rest. */
  public static PrepareOptions fromFiles(List<String> inputs, String output) {
    return withDefaults(inputs, Optional.empty(), 0, output);
  }

  /** A corpus of about {@code bytes} bytes of generated text, with defaults for the rest. */
  public static PrepareOptions fromSynthetic(long bytes, long seed, String output) {
    return withDefaults(List.of(), Optional.of(bytes), seed, output);
  }

  private static PrepareOptions withDefaults(
      List<String> inputs, Optional<Long> syntheticBytes, long seed, String output) {
    return new PrepareOptions(
        inputs,
        syntheticBytes,
        seed,
        output,
        BYTE_TOKENIZER,
        Split.HASH,
        DEFAULT_VALIDATION_FRACTION,
        DocumentSeparator.FILE,
        0,
        DEFAULT_SHARD_TOKENS);
  }

  /** The same with another tokenizer. */
  public PrepareOptions withTokenizer(String value) {
    return new PrepareOptions(
        inputs,
        syntheticBytes,
        seed,
        output,
        value,
        split,
        validationFraction,
        documentSeparator,
        maxRejected,
        shardTokens);
  }

  /** The same with another split. */
  public PrepareOptions withSplit(Split value, double fraction) {
    return new PrepareOptions(
        inputs,
        syntheticBytes,
        seed,
        output,
        tokenizer,
        value,
        fraction,
        documentSeparator,
        maxRejected,
        shardTokens);
  }

  /** The same with another separator of documents. */
  public PrepareOptions withDocumentSeparator(DocumentSeparator value) {
    return new PrepareOptions(
        inputs,
        syntheticBytes,
        seed,
        output,
        tokenizer,
        split,
        validationFraction,
        value,
        maxRejected,
        shardTokens);
  }

  /** The same with another limit of damaged documents. */
  public PrepareOptions withMaxRejected(long value) {
    return new PrepareOptions(
        inputs,
        syntheticBytes,
        seed,
        output,
        tokenizer,
        split,
        validationFraction,
        documentSeparator,
        value,
        shardTokens);
  }

  /** The same with other shards. */
  public PrepareOptions withShardTokens(long value) {
    return new PrepareOptions(
        inputs,
        syntheticBytes,
        seed,
        output,
        tokenizer,
        split,
        validationFraction,
        documentSeparator,
        maxRejected,
        value);
  }

  /** The options that decide what is in the shards, for the manifest: not where they lie. */
  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    if (syntheticBytes.isPresent()) {
      map.put("synthetic", syntheticBytes.get());
      map.put("seed", seed);
    } else {
      map.put("input", inputs);
      map.put("document_separator", documentSeparator.optionName());
      map.put("max_rejected", maxRejected);
    }
    map.put("tokenizer", tokenizer);
    map.put("split", split.optionName());
    map.put("validation_fraction", validationFraction);
    map.put("shard_tokens", shardTokens);
    return map;
  }
}
