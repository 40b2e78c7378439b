package io.polyspark.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The charts of the page; those that nothing is known for are left out. */
final class ReportCharts {
  private ReportCharts() {}

  /** A chart per measure, with a line per run. */
  static List<ReportChart> ofAll(List<ReportedRun> runs) {
    List<ReportChart> charts = new ArrayList<>();
    for (Measure measure : Measure.values()) {
      Map<String, Curve> lines = new LinkedHashMap<>();
      for (ReportedRun run : runs) {
        lines.put(run.name(), run.history().curve(measure));
      }
      if (lines.values().stream().anyMatch(curve -> curve.count() > 0)) {
        charts.add(new ReportChart(measure.chart(), lines, Family.Lines.CATEGORIES));
      }
    }
    return charts;
  }

  /** The charts of a family of one run. */
  static List<ReportChart> of(ReportedRun run, Family family) {
    List<ReportChart> charts = new ArrayList<>();
    run.history()
        .charts(family)
        .forEach(
            (name, lines) -> {
              if (lines.values().stream().anyMatch(curve -> curve.count() > 0)) {
                charts.add(new ReportChart(name, lines, family.lines()));
              }
            });
    return charts;
  }
}
