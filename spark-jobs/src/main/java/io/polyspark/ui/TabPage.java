package io.polyspark.ui;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.mustachejava.DefaultMustacheFactory;
import com.github.mustachejava.Mustache;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.servlet.http.HttpServletRequest;
import org.apache.spark.ui.SparkUITab;
import org.apache.spark.ui.UIUtils;
import org.apache.spark.ui.WebUIPage;
import org.json4s.JsonAST;
import org.json4s.jackson.JsonMethods$;
import scala.Option;
import scala.collection.JavaConverters;
import scala.collection.Seq;
import scala.xml.Node;
import scala.xml.Unparsed;

/**
 * The page of a tab: the frame, with what does not change while a run goes on, as HTML; and what
 * the scripts show in it, as JSON. The template escapes every value.
 */
public abstract class TabPage extends WebUIPage {
  private final SparkUITab tab;
  private final Mustache template;

  /**
   * The tab's only page.
   *
   * @param template the file of the frame, beside the class of the page
   */
  protected TabPage(SparkUITab tab, String template) {
    super("");
    this.tab = tab;
    this.template = read(template);
  }

  /**
   * What the template shows.
   *
   * @param base the address of the tab, as far as the browser's goes, without a slash at its end
   */
  protected abstract Object frame(HttpServletRequest request, String base);

  /** What the scripts are told. */
  protected abstract JsonNode answer(HttpServletRequest request);

  @Override
  public final Seq<Node> render(HttpServletRequest request) {
    String base = UIUtils.prependBaseUri(request, tab.basePath(), "/" + tab.prefix());
    StringWriter page = new StringWriter();
    template.execute(page, frame(request, base));
    Seq<Node> content =
        JavaConverters.asScalaBuffer(List.<Node>of(new Unparsed(page.toString()))).toSeq();
    return UIUtils.headerSparkPage(
        request, tab.name(), () -> content, tab, Option.empty(), false, false);
  }

  @Override
  public final JsonAST.JValue renderJson(HttpServletRequest request) {
    return JsonMethods$.MODULE$.fromJsonNode(answer(request));
  }

  /** A parameter of an address that is a number; what is none is taken for left out. */
  public static int number(HttpServletRequest request, String name, int otherwise) {
    String text = request.getParameter(name);
    return text != null && text.matches("\\d{1,9}") ? Integer.parseInt(text) : otherwise;
  }

  private Mustache read(String file) {
    try (InputStream in = getClass().getResourceAsStream(file);
        Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
      return new DefaultMustacheFactory().compile(reader, file);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file, e);
    }
  }
}
