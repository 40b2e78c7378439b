package io.polyspark.prep.report;

/**
 * A run's report as one HTML file that needs nothing else: no script, no other file, no network.
 * Texts of documents are escaped as {@link HtmlPage} does it, and the page's own policy lets a
 * browser run nothing, should one still look like a tag.
 */
public final class HtmlReport {
  private static final String TEMPLATE = "report.mustache";

  private HtmlReport() {}

  /** The page, to be written as UTF-8. */
  public static String render(RunReport report) {
    return HtmlPage.render(HtmlReport.class, TEMPLATE, ReportPage.of(report));
  }
}
