package io.polyspark.prep.report;

import com.github.mustachejava.DefaultMustacheFactory;
import com.github.mustachejava.Mustache;
import com.github.mustachejava.MustacheException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;

/**
 * Pages of HTML from templates. What a template prints is printed in one way only, {@link
 * VisibleText} and then escaped; the partial {@code style} is the look that all pages share, and
 * other partials lie beside the template.
 */
public final class HtmlPage {
  private static final String STYLE = "style.mustache";

  private HtmlPage() {}

  /**
   * A page, to be written as UTF-8.
   *
   * @param owner a class beside whose resource the template lies
   * @param template the resource's name
   * @param values what the template prints
   */
  public static String render(Class<?> owner, String template, Object values) {
    StringWriter page = new StringWriter();
    template(owner, template).execute(page, values);
    return page.toString();
  }

  private static Mustache template(Class<?> owner, String template) {
    try (Reader reader = open(owner, template)) {
      return new Escaping(owner).compile(reader, template);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + template, e);
    }
  }

  private static Reader open(Class<?> owner, String resource) {
    InputStream in = owner.getResourceAsStream(resource);
    if (in == null) {
      throw new MustacheException("there is no " + resource + " beside " + owner.getName());
    }
    return new InputStreamReader(in, StandardCharsets.UTF_8);
  }

  /** Prints every value of a template. */
  private static final class Escaping extends DefaultMustacheFactory {
    private final Class<?> owner;

    Escaping(Class<?> owner) {
      this.owner = owner;
    }

    @Override
    public void encode(String value, Writer writer) {
      super.encode(VisibleText.of(value), writer);
    }

    @Override
    public Reader getReader(String partial) {
      return open(partial.equals(STYLE) ? HtmlPage.class : owner, partial);
    }
  }
}
