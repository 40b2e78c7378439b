package io.polyspark.model.generate;

import java.util.List;

/**
 * Ends a text that arrives in pieces before the first of some strings. What may be the beginning of
 * one is held back until it is known.
 */
final class StopText {
  private final List<String> stops;
  private String held = "";
  private boolean stopped;

  /**
   * @param stops none of them empty
   */
  StopText(List<String> stops) {
    this.stops = stops;
  }

  /** What a piece adds to the text, as far as it is known; nothing once the text has ended. */
  String add(String piece) {
    if (stopped) {
      return "";
    }
    String text = held + piece;
    int end = text.length();
    for (String stop : stops) {
      int at = text.indexOf(stop);
      if (at >= 0) {
        stopped = true;
        end = Math.min(end, at);
      }
    }
    if (!stopped) {
      end = firstBeginning(text);
    }
    held = stopped ? "" : text.substring(end);
    return text.substring(0, end);
  }

  /** Where the longest end of a text begins that begins one of the strings. */
  private int firstBeginning(String text) {
    int longest = stops.stream().mapToInt(String::length).max().orElse(1) - 1;
    for (int at = Math.max(0, text.length() - longest); at < text.length(); at++) {
      String end = text.substring(at);
      if (stops.stream().anyMatch(stop -> stop.startsWith(end))) {
        return at;
      }
    }
    return text.length();
  }

  /** Whether one of the strings has come. */
  boolean stopped() {
    return stopped;
  }

  /** What was held back, where no more pieces come. */
  String finish() {
    return held;
  }
}
