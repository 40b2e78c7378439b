package io.polyspark.prep.report;

/**
 * Text of documents as a page may show it: what is invisible or moves other text is named in place
 * of being obeyed. Tags and quotes are the template's to escape.
 */
final class VisibleText {
  private VisibleText() {}

  /**
   * Control characters, marks that change the direction of text and all else that cannot be seen
   * become {@code [U+202E]}; not so line feeds, tabs, and joiners, which scripts need. Halves of
   * surrogate pairs become U+FFFD.
   */
  static String of(String text) {
    StringBuilder visible = new StringBuilder(text.length());
    text.codePoints().forEach(character -> append(character, visible));
    return visible.toString();
  }

  private static void append(int character, StringBuilder visible) {
    if (Character.getType(character) == Character.SURROGATE) {
      visible.append('\ufffd');
    } else if (isHidden(character)) {
      visible.append(String.format("[U+%04X]", character));
    } else {
      visible.appendCodePoint(character);
    }
  }

  private static boolean isHidden(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL -> character != '\n' && character != '\t';
      case Character.FORMAT -> character != '\u200c' && character != '\u200d';
      case Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.UNASSIGNED -> true;
      default -> false;
    };
  }
}
