package io.polyspark.prep.read;

/** Tells files that are no text from text by the control characters in them. */
final class ControlCharacters {
  /** One in so many is more than the odd ones that text from the web has. */
  private static final int RARE = 32;

  private ControlCharacters() {}

  /**
   * Where the first control character is that text does not have: NUL, or any but white space,
   * backspace and escape where there are many.
   *
   * @param bytes in UTF-8, or in none
   * @return its index, or -1 for text
   */
  static int find(byte[] bytes) {
    int first = -1;
    int count = 0;
    for (int i = 0; i < bytes.length; i++) {
      byte value = bytes[i];
      if (value == 0) {
        return i;
      }
      if (value > 0 && value < ' ' && (value < '\b' || value > '\r') && value != 0x1b) {
        first = first < 0 ? i : first;
        count++;
      }
    }
    return count > bytes.length / RARE ? first : -1;
  }
}
