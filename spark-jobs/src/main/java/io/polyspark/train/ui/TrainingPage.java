package io.polyspark.train.ui;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.mustachejava.DefaultMustacheFactory;
import com.github.mustachejava.Mustache;
import io.polyspark.train.metrics.RunStartedEvent;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
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
 * The page of the tab: the frame, with what does not change while a run goes on, as HTML; and what
 * the scripts draw in it, as JSON. The template escapes every value.
 */
final class TrainingPage extends WebUIPage {
  private static final Mustache TEMPLATE = template();

  private final SparkUITab tab;
  private final TrainingRows rows;

  TrainingPage(SparkUITab tab, TrainingRows rows) {
    super("");
    this.tab = tab;
    this.rows = rows;
  }

  /** What the template shows. */
  record Frame(String base, List<Run> runs, Run run) {}

  /** A run, in the words of the template. */
  record Run(
      int number,
      boolean shown,
      String output,
      String data,
      String started,
      String steps,
      String from,
      String parameters,
      String version,
      String configuration) {}

  @Override
  public Seq<Node> render(HttpServletRequest request) {
    String base = UIUtils.prependBaseUri(request, tab.basePath(), "/" + tab.prefix());
    int shown = rows.run(Parameters.number(request, "run", 0)).map(row -> row.run).orElse(0);
    List<Run> runs = rows.runs().stream().map(row -> describe(row, shown)).toList();
    Run run = runs.stream().filter(Run::shown).findFirst().orElse(null);
    StringWriter page = new StringWriter();
    TEMPLATE.execute(page, new Frame(base, runs.size() > 1 ? runs : List.of(), run));
    Seq<Node> content =
        JavaConverters.asScalaBuffer(List.<Node>of(new Unparsed(page.toString()))).toSeq();
    return UIUtils.headerSparkPage(
        request, "Training", () -> content, tab, Option.empty(), false, false);
  }

  @Override
  public JsonAST.JValue renderJson(HttpServletRequest request) {
    ObjectNode answer = rows.together(all -> new Answer(all).to(Parameters.of(request)));
    return JsonMethods$.MODULE$.fromJsonNode(answer);
  }

  private static Run describe(RunRow row, int shown) {
    RunStartedEvent started = row.started;
    return new Run(
        row.run,
        row.run == shown,
        started.output(),
        started.data(),
        UIUtils.formatDate(started.time()),
        String.format(Locale.ROOT, "%,d", started.totalSteps()),
        started.finishedRound() == 0
            ? ""
            : String.format(
                Locale.ROOT,
                "round %,d, step %,d",
                started.finishedRound(),
                started.completedSteps()),
        String.format(Locale.ROOT, "%,d", started.parameters()),
        started.version(),
        started.configuration());
  }

  private static Mustache template() {
    String file = "training.mustache";
    try (InputStream in = TrainingPage.class.getResourceAsStream(file);
        Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
      return new DefaultMustacheFactory().compile(reader, file);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file, e);
    }
  }
}
