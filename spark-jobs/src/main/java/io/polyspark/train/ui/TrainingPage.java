package io.polyspark.train.ui;

import com.fasterxml.jackson.databind.JsonNode;
import io.polyspark.train.metrics.RunStartedEvent;
import io.polyspark.ui.TabPage;
import java.util.List;
import java.util.Locale;
import javax.servlet.http.HttpServletRequest;
import org.apache.spark.ui.SparkUITab;
import org.apache.spark.ui.UIUtils;

/** The page of the tab. */
final class TrainingPage extends TabPage {
  private final TrainingRows rows;

  TrainingPage(SparkUITab tab, TrainingRows rows) {
    super(tab, "training.mustache");
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
  protected Object frame(HttpServletRequest request, String base) {
    int shown = rows.run(number(request, "run", 0)).map(row -> row.run).orElse(0);
    List<Run> runs = rows.runs().stream().map(row -> describe(row, shown)).toList();
    Run run = runs.stream().filter(Run::shown).findFirst().orElse(null);
    return new Frame(base, runs.size() > 1 ? runs : List.of(), run);
  }

  @Override
  protected JsonNode answer(HttpServletRequest request) {
    return rows.together(all -> new Answer(all).to(Parameters.of(request)));
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
}
