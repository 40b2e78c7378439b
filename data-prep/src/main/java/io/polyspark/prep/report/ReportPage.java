package io.polyspark.prep.report;

import io.polyspark.model.shards.Manifest;
import io.polyspark.prep.filter.StageReport;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * What the template prints, in the order of the page; null where a run has nothing of a section.
 * All numbers are text already.
 */
record ReportPage(
    String title,
    List<Fact> facts,
    String summary,
    List<Fact> tiles,
    Section<FunnelStep> funnel,
    Section<SourceRow> sources,
    LengthChart lengths,
    Section<Bar> languages,
    Section<ClusterRow> duplicates,
    Section<SampleGroup> samples,
    Section<RejectionRow> rejections,
    Section<SplitRow> splits,
    Section<CostRow> costs) {

  /** A section that has rows, and a sentence above them, which may be empty. */
  record Section<T>(String note, List<T> rows) {}

  /** A name and a value. */
  record Fact(String name, String value) {}

  /** A source. */
  record SourceRow(
      String name,
      String documents,
      String bytes,
      String tokens,
      String weight,
      String epochs,
      String share,
      String width) {}

  /** A cluster of duplicates. */
  record ClusterRow(String documents, String source, String position, String excerpt) {}

  /** The samples of a rule. */
  record SampleGroup(String stage, String rule, String removed, List<Text> texts) {}

  /** A document. */
  record Text(String id, String text) {}

  /** Inputs rejected for a reason. */
  record RejectionRow(String reason, String documents, List<ExampleRow> examples) {}

  /** A rejected input; the place is empty where it is not known. */
  record ExampleRow(String source, String place, String description) {}

  /** A split with its files. */
  record SplitRow(
      String name,
      String documents,
      String tokens,
      String bytes,
      String count,
      List<FileRow> files) {}

  /** A file. */
  record FileRow(String name, String tokens, String sha256) {}

  /** A stage of Spark's. */
  record CostRow(
      String stage,
      String time,
      String width,
      String tasks,
      String read,
      String shuffleRead,
      String shuffleWritten) {}

  static ReportPage of(RunReport report) {
    return new ReportPage(
        report.run().title(),
        facts(report.run()),
        summary(report),
        tiles(report),
        section("", FunnelStep.of(report.funnel())),
        section("", sources(report.sources())),
        LengthChart.of(report.lengths()),
        section("", languages(report.languages())),
        duplicates(report.duplicates()),
        section("", samples(report.funnel())),
        section("", rejections(report.rejections())),
        section("", splits(report.splits())),
        section("", costs(report.costs())));
  }

  private static <T> Section<T> section(String note, List<T> rows) {
    return rows.isEmpty() ? null : new Section<>(note, rows);
  }

  private static List<Fact> facts(RunReport.Run run) {
    List<Fact> facts = new ArrayList<>();
    facts.add(new Fact("Started", Figures.time(run.started())));
    facts.add(new Fact("Took", Figures.duration(run.duration())));
    facts.add(new Fact("Spark application", run.application()));
    if (!run.earlier().isEmpty()) {
      facts.add(new Fact("Done by an earlier run", String.join(", ", run.earlier())));
    }
    if (run.version() != null) {
      facts.add(new Fact("PolySpark", run.version()));
    }
    return facts;
  }

  private static String summary(RunReport report) {
    StageReport.Volume in = in(report);
    return String.format(
        "%s (%s) came in; %s of them, %s, went out as %s in %s.",
        Figures.count(in.documents(), "document"),
        Figures.bytes(in.bytes()),
        Figures.share(out(report), in.documents()),
        Figures.count(out(report), "document"),
        Figures.count(tokens(report), "token"),
        Figures.count(
            report.splits().values().stream().mapToLong(split -> split.files().size()).sum(),
            "file"));
  }

  private static List<Fact> tiles(RunReport report) {
    return List.of(
        new Fact("documents in", Figures.count(in(report).documents())),
        new Fact("documents out", Figures.count(out(report))),
        new Fact("tokens out", Figures.count(tokens(report))),
        new Fact("time", Figures.duration(report.run().duration())));
  }

  /** What came to the first stage; without any, what the sources gave. */
  private static StageReport.Volume in(RunReport report) {
    return report.funnel().isEmpty()
        ? new StageReport.Volume(
            report.sources().stream().mapToLong(RunReport.Source::documents).sum(),
            report.sources().stream().mapToLong(RunReport.Source::bytes).sum())
        : report.funnel().get(0).in();
  }

  /** What the last stage let go on; without any, what the splits have. */
  private static long out(RunReport report) {
    return report.funnel().isEmpty()
        ? report.splits().values().stream().mapToLong(Manifest.Split::documents).sum()
        : report.funnel().get(report.funnel().size() - 1).out().documents();
  }

  private static long tokens(RunReport report) {
    return report.splits().values().stream().mapToLong(Manifest.Split::tokens).sum();
  }

  private static List<SourceRow> sources(List<RunReport.Source> sources) {
    long all = sources.stream().mapToLong(RunReport.Source::tokens).sum();
    return sources.stream()
        .map(
            source ->
                new SourceRow(
                    source.name(),
                    Figures.count(source.documents()),
                    Figures.bytes(source.bytes()),
                    Figures.count(source.tokens()),
                    Figures.number(source.weight()),
                    Figures.number(source.epochs()),
                    Figures.share(source.tokens(), all),
                    Figures.width(source.tokens(), all)))
        .toList();
  }

  private static List<Bar> languages(Map<String, Long> languages) {
    long all = languages.values().stream().mapToLong(Long::longValue).sum();
    return languages.entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .map(language -> Bar.of(LanguageNames.of(language.getKey()), language.getValue(), all, all))
        .toList();
  }

  private static Section<ClusterRow> duplicates(RunReport.Duplicates duplicates) {
    if (duplicates == null) {
      return null;
    }
    String note =
        String.format(
            "Of %s, %s had the text of another one and %s a similar one, in %s.",
            Figures.count(duplicates.documents(), "document"),
            Figures.count(duplicates.exact()),
            Figures.count(duplicates.near()),
            Figures.count(duplicates.clusters(), "cluster"));
    return new Section<>(
        note,
        duplicates.largest().stream()
            .map(
                cluster ->
                    new ClusterRow(
                        Figures.count(cluster.documents()),
                        cluster.source(),
                        Figures.count(cluster.position()),
                        cluster.excerpt()))
            .toList());
  }

  private static List<SampleGroup> samples(List<StageReport> funnel) {
    List<SampleGroup> groups = new ArrayList<>();
    for (StageReport stage : funnel) {
      stage
          .samples()
          .forEach(
              (rule, sample) -> {
                if (!sample.entries().isEmpty()) {
                  groups.add(
                      new SampleGroup(
                          stage.stage(),
                          rule,
                          Figures.count(stage.removed().getOrDefault(rule, 0L)),
                          sample.entries().stream()
                              .map(entry -> new Text(entry.id(), entry.text()))
                              .toList()));
                }
              });
    }
    return groups;
  }

  private static List<RejectionRow> rejections(List<RunReport.Rejections> rejections) {
    return rejections.stream()
        .map(
            rejection ->
                new RejectionRow(
                    rejection.reason(),
                    Figures.count(rejection.documents()),
                    rejection.examples().stream().map(ReportPage::example).toList()))
        .toList();
  }

  private static ExampleRow example(RunReport.Example example) {
    String place = example.position() == null ? "" : " at " + Figures.count(example.position());
    return new ExampleRow(example.source(), place, example.description());
  }

  private static List<SplitRow> splits(Map<String, Manifest.Split> splits) {
    List<SplitRow> rows = new ArrayList<>();
    splits.forEach(
        (name, split) ->
            rows.add(
                new SplitRow(
                    name,
                    Figures.count(split.documents(), "document"),
                    Figures.count(split.tokens(), "token"),
                    Figures.bytes(split.textBytes()),
                    Figures.count(split.files().size(), "file"),
                    split.files().stream()
                        .map(
                            file ->
                                new FileRow(
                                    file.name(), Figures.count(file.tokens()), file.sha256()))
                        .toList())));
    return rows;
  }

  private static List<CostRow> costs(List<RunReport.Cost> costs) {
    long longest = costs.stream().mapToLong(cost -> cost.time().toMillis()).max().orElse(0);
    return costs.stream()
        .map(
            cost ->
                new CostRow(
                    cost.stage(),
                    Figures.duration(cost.time()),
                    Figures.width(cost.time().toMillis(), longest),
                    Figures.count(cost.tasks()),
                    Figures.bytes(cost.readBytes()),
                    Figures.bytes(cost.shuffleReadBytes()),
                    Figures.bytes(cost.shuffleWrittenBytes())))
        .toList();
  }
}
