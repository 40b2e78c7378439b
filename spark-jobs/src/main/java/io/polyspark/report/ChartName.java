package io.polyspark.report;

import java.util.Locale;

/**
 * A chart of the page.
 *
 * @param id of its file and its place in the page: lower-case letters, digits and dashes
 * @param title above it
 * @param unit beside its vertical axis; may be empty
 */
record ChartName(String id, String title, String unit) {
  private static final int LONGEST_ID = 60;

  /** Makes an id of any text. */
  ChartName {
    String plain =
        id.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
    id = plain.substring(0, Math.min(LONGEST_ID, plain.length()));
  }
}
