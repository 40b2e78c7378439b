package io.polyspark.model.tokenize;

/** A tokenizer asks for something that only the tokenizers library knows exactly. */
final class UnsupportedTokenizerException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * Names it.
   *
   * @param format as of {@link String#format}
   */
  UnsupportedTokenizerException(String format, Object... arguments) {
    super(String.format(format, arguments));
  }
}
