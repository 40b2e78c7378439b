package io.polyspark.prep.read;

import java.util.Locale;

/** How documents lie in a file. */
public enum Format {
  /**
   * By the file's name, before the suffix of a compression: {@code .jsonl}, {@code .json} and
   * {@code .ndjson} are JSON lines, {@code .parquet} is Parquet, {@code .warc} and {@code .wet} are
   * WARC, all else is text.
   */
  AUTO,
  /** UTF-8, divided by a {@link io.polyspark.prep.DocumentSeparator}. */
  TEXT,
  /** A JSON object a line. */
  JSON_LINES,
  /** A document a row, in a column of strings. */
  PARQUET,
  /** A web crawl: pages of HTML, or the text that was drawn from them (WET). */
  WARC;

  /** As the command line and the manifest have it. */
  public String optionName() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** What AUTO means for a name in lower case without the suffix of its compression. */
  static Format ofName(String name) {
    if (name.endsWith(".jsonl") || name.endsWith(".json") || name.endsWith(".ndjson")) {
      return JSON_LINES;
    }
    if (name.endsWith(".parquet")) {
      return PARQUET;
    }
    return name.endsWith(".warc") || name.endsWith(".wet") ? WARC : TEXT;
  }
}
