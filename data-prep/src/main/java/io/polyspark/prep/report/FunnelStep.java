package io.polyspark.prep.report;

import io.polyspark.prep.filter.StageReport;
import io.polyspark.prep.normalize.Languages;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A stage of the funnel as the page shows it.
 *
 * @param name of the stage
 * @param kept the share of the documents that came to it
 * @param documents how many went on of how many
 * @param bytes how many went on of how many
 * @param inWidth of the bar of what came to it, 0 to 100 of what came to the first stage
 * @param outWidth of the bar of what went on
 * @param rules that removed documents, the most first
 * @param events what else it did; null if there is nothing to tell
 */
record FunnelStep(
    String name,
    String kept,
    String documents,
    String bytes,
    String inWidth,
    String outWidth,
    List<Bar> rules,
    String events) {
  /** The steps of a funnel. */
  static List<FunnelStep> of(List<StageReport> funnel) {
    return funnel.stream().map(stage -> of(stage, funnel.get(0).in().documents())).toList();
  }

  private static FunnelStep of(StageReport stage, long first) {
    long in = stage.in().documents();
    long out = stage.out().documents();
    return new FunnelStep(
        stage.stage(),
        Figures.share(out, in),
        Figures.count(out) + " of " + Figures.count(in, "document"),
        Figures.bytes(stage.out().bytes()) + " of " + Figures.bytes(stage.in().bytes()),
        Figures.width(in, first),
        Figures.width(out, first),
        rules(stage.removed(), in),
        stage.stage().equals(Languages.NAME) ? null : events(stage.events()));
  }

  private static List<Bar> rules(Map<String, Long> removed, long in) {
    return removed.entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .map(rule -> Bar.of(rule.getKey(), rule.getValue(), in, in))
        .toList();
  }

  private static String events(Map<String, Long> events) {
    return events.isEmpty()
        ? null
        : events.entrySet().stream()
            .map(event -> event.getKey() + " " + Figures.count(event.getValue()))
            .collect(Collectors.joining(", "));
  }
}
