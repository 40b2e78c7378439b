package io.polyspark.prep.pipeline;

import io.polyspark.prep.deduplicate.DeduplicateStatistics;
import io.polyspark.prep.filter.StageReport;
import io.polyspark.prep.filter.StageReport.Volume;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the stages did step by step, each in the form in which filters report. */
final class Funnel {
  /** The step before all filters. */
  static final String READ = "read";

  /** The step after them, which takes of each document as many copies as its source's weight. */
  static final String MIX = "mix";

  private Funnel() {}

  /** All steps, in their order. */
  static List<StageReport> of(Stages.Tokenized tokenized) {
    List<StageReport> funnel = new ArrayList<>(cleaned(tokenized.clean()));
    tokenized
        .deduplicated()
        .ifPresent(
            report ->
                funnel.add(
                    deduplicated(tokenized.clean(), report.statistics(), tokenized.tokens().in())));
    funnel.addAll(finished(tokenized.tokens()));
    return funnel;
  }

  /** Those of the first stage. */
  static List<StageReport> cleaned(CleanReport clean) {
    List<StageReport> steps = new ArrayList<>();
    steps.add(
        step(READ, clean.met(), clean.whole(), removed(clean.rejected(), "empty", clean.empty())));
    steps.addAll(clean.filters().stages());
    return steps;
  }

  /**
   * Deduplication.
   *
   * @param out what it let go on
   */
  static StageReport deduplicated(CleanReport clean, DeduplicateStatistics found, Volume out) {
    return step(
        DeduplicateStage.NAME,
        CleanReport.total(clean.kept()),
        out,
        removed(
            new TreeMap<>(Map.of("exact", found.exactDuplicates())),
            "near",
            found.nearDuplicates()));
  }

  /** Those after deduplication. */
  static List<StageReport> finished(TokenReport tokens) {
    List<StageReport> steps = new ArrayList<>(tokens.filters().stages());
    steps.add(
        step(
            MIX,
            tokens.finished(),
            CleanReport.total(tokens.tokenized()),
            removed(new TreeMap<>(Map.of("weight", tokens.leftOut())), "empty", tokens.empty())));
    return steps;
  }

  private static StageReport step(String name, Volume in, Volume out, Map<String, Long> removed) {
    return new StageReport(name, in, out, new TreeMap<>(removed), new TreeMap<>(), new TreeMap<>());
  }

  private static Map<String, Long> removed(Map<String, Long> counts, String rule, long count) {
    TreeMap<String, Long> removed = new TreeMap<>(counts);
    removed.put(rule, count);
    removed.values().removeIf(documents -> documents == 0);
    return removed;
  }
}
