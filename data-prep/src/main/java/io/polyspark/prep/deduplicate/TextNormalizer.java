package io.polyspark.prep.deduplicate;

import java.text.Normalizer;
import java.util.Locale;

/**
 * The form in which texts are compared: Unicode NFC, runs of white space (Unicode's, no-break
 * spaces included) as one space, none at the ends, and on request lower case.
 */
final class TextNormalizer {
  private final LetterCase letterCase;

  TextNormalizer(LetterCase letterCase) {
    this.letterCase = letterCase;
  }

  /** The normalised text; empty for a text of white space. */
  String normalize(String text) {
    // Lower case first: that of U+0130 is a letter and a mark, for NFC to put in order.
    String cased = letterCase == LetterCase.LOWERED ? text.toLowerCase(Locale.ROOT) : text;
    String composed =
        Normalizer.isNormalized(cased, Normalizer.Form.NFC)
            ? cased
            : Normalizer.normalize(cased, Normalizer.Form.NFC);
    return collapse(composed);
  }

  private static String collapse(String text) {
    StringBuilder collapsed = new StringBuilder(text.length());
    boolean gap = false;
    for (int i = 0; i < text.length(); i++) {
      char character = text.charAt(i);
      if (isSpace(character)) {
        gap = true;
        continue;
      }
      if (gap && !collapsed.isEmpty()) {
        collapsed.append(' ');
      }
      gap = false;
      collapsed.append(character);
    }
    return collapsed.toString();
  }

  /** All of Unicode's white space is in the first plane. */
  private static boolean isSpace(char character) {
    if (character > ' ' && character < 0x7f) {
      return false;
    }
    return Character.isWhitespace(character)
        || Character.isSpaceChar(character)
        || character == '\u0085';
  }
}
