package io.polyspark.prep.read;

import io.polyspark.model.config.UserError;

/**
 * The largest document that a task can hold: a tokenizer wants it whole, as bytes, as characters,
 * as ids and as encoded ids, some ten bytes for each byte of text.
 */
final class DocumentLimit {
  /** What an array can have. */
  static final long LARGEST = Integer.MAX_VALUE - 16;

  private static final long MEMORY_PER_BYTE = 10;
  private static final long BYTES =
      Math.min(LARGEST, Runtime.getRuntime().maxMemory() / MEMORY_PER_BYTE);

  private DocumentLimit() {}

  /** Throws if a document of this size is too large. */
  static void check(InputFile file, long bytes) {
    if (bytes > BYTES) {
      throw UserError.of(
          "%s has a document of more than %d MB, too large for a task of %d MB; divide the file,"
              + " use --document-separator blank-line, or give executors more memory.",
          file.display(), BYTES >> 20, Runtime.getRuntime().maxMemory() >> 20);
    }
  }
}
