package io.polyspark.prep.ui;

import com.fasterxml.jackson.databind.JsonNode;
import io.polyspark.prep.events.CorpusStartedEvent;
import io.polyspark.ui.TabPage;
import java.util.List;
import javax.servlet.http.HttpServletRequest;
import org.apache.spark.ui.SparkUITab;
import org.apache.spark.ui.UIUtils;

/** The page of the tab. */
final class CorpusPage extends TabPage {
  private final CorpusRows rows;

  CorpusPage(SparkUITab tab, CorpusRows rows) {
    super(tab, "corpus.mustache");
    this.rows = rows;
  }

  /** What the template shows. */
  record Frame(String base, List<Run> runs, Run run) {}

  /** A run, in the words of the template. */
  record Run(
      int number,
      boolean shown,
      String name,
      String output,
      String version,
      String started,
      String settings) {}

  @Override
  protected Object frame(HttpServletRequest request, String base) {
    int shown = rows.run(number(request, "run", 0)).map(row -> row.run).orElse(0);
    List<Run> runs = rows.runs().stream().map(row -> describe(row, shown)).toList();
    Run run = runs.stream().filter(Run::shown).findFirst().orElse(null);
    return new Frame(base, runs.size() > 1 ? runs : List.of(), run);
  }

  @Override
  protected JsonNode answer(HttpServletRequest request) {
    return Answer.of(rows.run(number(request, "run", 0)), number(request, "known", -1));
  }

  private static Run describe(CorpusRow row, int shown) {
    CorpusStartedEvent started = row.state.started();
    return new Run(
        row.run,
        row.run == shown,
        started.name(),
        started.output(),
        started.version() == 0 ? "" : Long.toString(started.version()),
        UIUtils.formatDate(started.time()),
        started.settings());
  }
}
