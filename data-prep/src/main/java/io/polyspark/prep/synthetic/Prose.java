package io.polyspark.prep.synthetic;

import java.util.List;
import java.util.Locale;

/** Receives the text of a document piece by piece. */
class Prose {
  private static final List<String> NUMBERS =
      List.of(
          "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
          "eleven", "twelve");

  private final StringBuilder text = new StringBuilder();
  private boolean sentenceStarts;

  /** Adds a piece as it is, but for the first letter of a sentence. */
  final Prose say(String piece) {
    if (sentenceStarts && !piece.isEmpty()) {
      sentenceStarts = false;
      int letter = piece.charAt(0) == '"' ? 1 : 0;
      write(piece.substring(0, letter));
      write(piece.substring(letter, letter + 1).toUpperCase(Locale.ROOT));
      write(piece.substring(letter + 1));
    } else {
      write(piece);
    }
    return this;
  }

  /** The next letter is a capital. */
  final void startSentence() {
    sentenceStarts = true;
  }

  /** Takes the pieces in. */
  void write(String piece) {
    text.append(piece);
  }

  /** All pieces. */
  final String text() {
    return text.toString();
  }

  /** A number as prose has it: a word up to twelve, and digits above. */
  static String number(int value) {
    return value < NUMBERS.size() ? NUMBERS.get(value) : Integer.toString(value);
  }

  /** With the indefinite article. */
  static String indefinite(String words) {
    return ("aeiouAEIOU".indexOf(words.charAt(0)) >= 0 ? "an " : "a ") + words;
  }
}
