package io.polyspark.prep.tokenizer;

import io.polyspark.model.config.UserError;
import io.polyspark.model.read.ReadLimits;
import io.polyspark.model.tokenize.Tokenizer;
import io.polyspark.prep.DocumentSeparator;
import java.util.HashSet;
import java.util.List;

/**
 * What to make a tokenizer from, and how.
 *
 * @param inputs files, directories and globs on any Hadoop file system
 * @param output the file to make, which must not exist
 * @param vocabularySize number of tokens, special ones and the 256 bytes included
 * @param special tokens that text has no part in, the end of text among them
 * @param minFrequency how often a pair must occur to become a token, at least 1
 * @param mostWords how many different words the driver has room for; the rarest are left out
 * @param documentSeparator where documents end in text files
 * @param maxRejected how many damaged documents to leave out before the run is given up
 */
public record TrainTokenizerOptions(
    List<String> inputs,
    String output,
    int vocabularySize,
    List<String> special,
    long minFrequency,
    long mostWords,
    DocumentSeparator documentSeparator,
    long maxRejected) {
  /** What a tokenizer has at the least beside its bytes. */
  public static final String DEFAULT_SPECIAL = "<|endoftext|>";

  /** A pair that occurs once is no pattern. */
  public static final long DEFAULT_MIN_FREQUENCY = 2;

  /** Some hundred bytes of the driver's memory each; not measured. */
  public static final long DEFAULT_MOST_WORDS = 1_000_000;

  private static final int BYTES = 256;

  /** Checks what can be checked without looking at any file. */
  public TrainTokenizerOptions {
    inputs = List.copyOf(inputs);
    special = List.copyOf(special);
    if (inputs.isEmpty()) {
      throw new UserError("Give --input PATH..., the text to train the tokenizer on.");
    }
    for (String token : special) {
      if (token.length() < 2 || token.length() > 100) {
        throw UserError.of(
            "--special '%s' has %d characters; a special token has 2 to 100, so that it is no byte"
                + " and no text.",
            token, token.length());
      }
    }
    if (new HashSet<>(special).size() < special.size()) {
      throw UserError.of("--special names a token twice in %s: name each once.", special);
    }
    if (special.stream().noneMatch(Tokenizer.END_OF_TEXT_NAMES::contains)) {
      throw UserError.of(
          "--special %s has no end of text, which every tokenizer needs: add one of %s.",
          special, Tokenizer.END_OF_TEXT_NAMES);
    }
    if (vocabularySize < BYTES + special.size() || vocabularySize > ReadLimits.VOCABULARY) {
      throw UserError.of(
          "--vocab-size is %d; it must be at least %d, for 256 bytes and %d special %s, and at most"
              + " %d.",
          vocabularySize,
          BYTES + special.size(),
          special.size(),
          special.size() == 1 ? "token" : "tokens",
          ReadLimits.VOCABULARY);
    }
    if (minFrequency < 1) {
      throw UserError.of("--min-frequency is %d; it must be at least 1.", minFrequency);
    }
    if (mostWords < 1) {
      throw UserError.of("--max-words is %d; it must be at least 1.", mostWords);
    }
    if (maxRejected < 0) {
      throw UserError.of("--max-rejected is %d; it must be 0 or more.", maxRejected);
    }
  }

  /** A tokenizer of some files, with defaults for the rest. */
  public static TrainTokenizerOptions of(List<String> inputs, String output, int vocabularySize) {
    return new TrainTokenizerOptions(
        inputs,
        output,
        vocabularySize,
        List.of(DEFAULT_SPECIAL),
        DEFAULT_MIN_FREQUENCY,
        DEFAULT_MOST_WORDS,
        DocumentSeparator.FILE,
        0);
  }
}
