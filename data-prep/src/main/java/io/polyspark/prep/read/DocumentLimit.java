package io.polyspark.prep.read;

import java.util.function.Supplier;

/** The largest document that is kept. */
final class DocumentLimit {
  /** Four bytes for each of its bytes, as a token, must fit an array. */
  static final long LARGEST = (1 << 29) - 16;

  /**
   * A tokenizer wants a document whole, as bytes, as characters, as ids and as encoded ids, some
   * ten bytes for each byte of text.
   */
  private static final long MEMORY_PER_BYTE = 10;

  /** An estimate: the tree of a page of HTML takes many times the page, and its text is copied. */
  private static final long MEMORY_PER_BYTE_OF_PAGE = 64;

  private final long wanted;
  private final long taskBytes;
  private final long held;

  private DocumentLimit(ReadOptions options, long memoryPerByte) {
    this.wanted = options.maxDocumentBytes();
    this.taskBytes = options.taskBytes();
    this.held = Math.max(1, taskBytes / memoryPerByte);
  }

  static DocumentLimit ofText(ReadOptions options) {
    return new DocumentLimit(options, MEMORY_PER_BYTE);
  }

  static DocumentLimit ofPages(ReadOptions options) {
    return new DocumentLimit(options, MEMORY_PER_BYTE_OF_PAGE);
  }

  /** In bytes; an array can have as many. */
  long bytes() {
    return Math.min(LARGEST, Math.min(wanted, held));
  }

  /**
   * The rejection of a larger one.
   *
   * @param subject names it, for the start of a sentence
   */
  Rejection reject(Place place, Supplier<String> subject) {
    return new Rejection(Rejection.TOO_LARGE, place, () -> subject.get() + " " + predicate());
  }

  private String predicate() {
    if (wanted <= held) {
      return String.format("has more than %,d bytes, the most that are kept", bytes());
    }
    return String.format(
        "has more than %d MB, too large for a task of %d MB (divide the file, use"
            + " --document-separator blank-line, or give executors more memory or fewer cores)",
        bytes() >> 20, taskBytes >> 20);
  }
}
