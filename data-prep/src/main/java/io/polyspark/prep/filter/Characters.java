package io.polyspark.prep.filter;

/** What kind a character is, with tables for ASCII. */
final class Characters {
  private static final boolean[] ASCII_SPACE = new boolean[128];

  /** The lower case of letters and digits; 0 for all else. */
  private static final char[] ASCII_BARE = new char[128];

  static {
    for (int c = 0; c < 128; c++) {
      ASCII_SPACE[c] = (c >= '\t' && c <= '\r') || c == ' ';
      ASCII_BARE[c] = Character.isLetterOrDigit(c) ? (char) Character.toLowerCase(c) : 0;
    }
  }

  private Characters() {}

  /** Unicode's property White_Space; all of it lies in the basic plane. */
  static boolean isSpace(char c) {
    if (c < 128) {
      return ASCII_SPACE[c];
    }
    return c == 0x85
        || c == 0xa0
        || c == 0x1680
        || (c >= 0x2000 && c <= 0x200a)
        || c == 0x2028
        || c == 0x2029
        || c == 0x202f
        || c == 0x205f
        || c == 0x3000;
  }

  /** A text without the white space around it; {@link String#strip} keeps no-break spaces. */
  static String strip(String text) {
    int start = 0;
    int end = text.length();
    while (start < end && isSpace(text.charAt(start))) {
      start++;
    }
    while (start < end && isSpace(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(start, end);
  }

  /** The lower case of a letter, a digit or a mark on one; 0 for all else. */
  static int bare(int codePoint) {
    if (codePoint < 128) {
      return ASCII_BARE[codePoint];
    }
    if (Character.isLetterOrDigit(codePoint)) {
      return Character.toLowerCase(codePoint);
    }
    int type = Character.getType(codePoint);
    boolean mark =
        type == Character.NON_SPACING_MARK
            || type == Character.COMBINING_SPACING_MARK
            || type == Character.ENCLOSING_MARK;
    return mark ? codePoint : 0;
  }
}
