package io.polyspark.prep.mask;

/** The characters that addresses are made of. */
final class Ascii {
  private Ascii() {}

  static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  static boolean isHexDigit(char c) {
    return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }

  /** A character that goes on with a word, so that no address starts or ends beside it. */
  static boolean isWord(char c) {
    return c == '_' || Character.isLetterOrDigit(c);
  }
}
