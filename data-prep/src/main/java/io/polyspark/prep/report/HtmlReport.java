package io.polyspark.prep.report;

import com.github.mustachejava.DefaultMustacheFactory;
import com.github.mustachejava.Mustache;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;

/**
 * A run's report as one HTML file that needs nothing else: no script, no other file, no network.
 * Texts of documents are printed in one way only, {@link VisibleText} and then escaped, and the
 * page's own policy lets a browser run nothing, should one still look like a tag.
 */
public final class HtmlReport {
  private static final String TEMPLATE = "report.mustache";

  private HtmlReport() {}

  /** The page, to be written as UTF-8. */
  public static String render(RunReport report) {
    StringWriter page = new StringWriter();
    template().execute(page, ReportPage.of(report));
    return page.toString();
  }

  private static Mustache template() {
    try (InputStream in = HtmlReport.class.getResourceAsStream(TEMPLATE);
        Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
      return new Escaping().compile(reader, TEMPLATE);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + TEMPLATE, e);
    }
  }

  /** Prints every value of a template. */
  private static final class Escaping extends DefaultMustacheFactory {
    @Override
    public void encode(String value, Writer writer) {
      super.encode(VisibleText.of(value), writer);
    }
  }
}
