package io.polyspark.prep.report;

/**
 * A row with a bar in it, as the page shows it.
 *
 * @param name what it is
 * @param width of the bar, 0 to 100
 * @param count how many
 * @param share of all
 */
record Bar(String name, String width, String count, String share) {
  /**
   * A row.
   *
   * @param most the count whose bar is full
   * @param all the count of which this one is a share
   */
  static Bar of(String name, long count, long most, long all) {
    return new Bar(
        name, Figures.width(count, most), Figures.count(count), Figures.share(count, all));
  }
}
