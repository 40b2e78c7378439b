package io.polyspark.prep.pipeline;

import io.polyspark.model.shards.Manifest;
import io.polyspark.prep.deduplicate.DeduplicateStatistics;
import io.polyspark.prep.deduplicate.DeduplicateStatistics.Cluster;
import io.polyspark.prep.filter.StageReport;
import io.polyspark.prep.filter.StageReport.Volume;
import io.polyspark.prep.report.ReportFiles;
import io.polyspark.prep.report.RunReport;
import io.polyspark.prep.report.StageCosts;
import io.polyspark.prep.tokenize.Side;
import io.polyspark.prep.tokenize.SideCounts;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Writes what a run did: a report for people and one for programs, and a list of what was damaged.
 */
final class RunReports {
  static final String NAME = "report";

  private static final int EXAMPLES = 5;
  private static final int EXCERPT = 300;

  private final SparkSession session;
  private final PipelineConfig config;
  private final StageCosts costs;
  private final RunEvents events;
  private final Instant started = Instant.now();

  /**
   * Starts the clock.
   *
   * @param costs listens to the stages of this run
   * @param events is told when the report begins and ends
   */
  RunReports(SparkSession session, PipelineConfig config, StageCosts costs, RunEvents events) {
    this.session = session;
    this.config = config;
    this.costs = costs;
    this.events = events;
  }

  /**
   * Writes the reports. What an unfinished run has left in their place is replaced.
   *
   * @param added the shards of this run
   * @param places where the reports go
   */
  void write(Stages.Tokenized tokenized, Manifest added, FileSystem fs, Places places)
      throws IOException {
    session.sparkContext().setJobGroup(NAME, NAME + ": what the stages did", false);
    events.stageStarted(NAME, "what the stages did");
    fs.delete(places.report(), true);
    fs.mkdirs(places.report());
    fs.delete(places.rejected(), false);
    if (tokenized.clean().allRejected() > 0) {
      writeRejected(tokenized.cleanTable(), fs, places.rejected());
    }
    ReportFiles.write(report(tokenized, added), fs, places.report());
    session.sparkContext().clearJobGroup();
    events.stageEnded(NAME);
  }

  /**
   * Where the reports of a run go.
   *
   * @param report the directory of the report
   * @param rejected the file of what was damaged, which is there where anything was
   */
  record Places(Path report, Path rejected) {
    /** In the directory of a corpus of its own. */
    static Places in(Path corpus) {
      return new Places(new Path(corpus, "report"), new Path(corpus, "rejected/documents.jsonl"));
    }

    /** Of a version, in the directory of a corpus that grows. */
    static Places ofVersion(Path corpus, long version) {
      String name = String.format(Locale.ROOT, "%06d", version);
      return new Places(
          new Path(corpus, "reports/" + name), new Path(corpus, "rejected/" + name + ".jsonl"));
    }
  }

  private RunReport report(Stages.Tokenized tokenized, Manifest added) {
    List<StageReport> funnel = Funnel.of(tokenized);
    return new RunReport(
        RunReport.FORMAT_VERSION,
        new RunReport.Run(
            config.name(),
            null,
            session.sparkContext().applicationId(),
            started,
            Duration.between(started, Instant.now()),
            tokenized.reused()),
        sources(tokenized),
        funnel,
        new RunReport.Lengths(tokenized.clean().lengths(), tokenized.tokens().lengths()),
        RunReport.languagesIn(funnel),
        tokenized
            .deduplicated()
            .map(found -> duplicates(found.statistics(), tokenized.cleanTable()))
            .orElse(null),
        rejections(tokenized),
        added.splits(),
        costs.costs());
  }

  private List<RunReport.Source> sources(Stages.Tokenized tokenized) {
    List<RunReport.Source> sources = new ArrayList<>();
    for (Source source : config.sources()) {
      Volume read = tokenized.clean().read().getOrDefault(source.name(), Volume.NONE);
      Volume kept = tokenized.tokens().tokenized().getOrDefault(source.name(), Volume.NONE);
      SideCounts made =
          tokenized
              .tokens()
              .sources()
              .getOrDefault(source.name(), new EnumMap<>(Side.class))
              .values()
              .stream()
              .reduce(SideCounts.NONE, SideCounts::plus);
      sources.add(
          new RunReport.Source(
              source.name(),
              read.documents(),
              read.bytes(),
              made.tokens(),
              source.weight(),
              kept.documents() == 0 ? 0 : (double) made.documents() / kept.documents()));
    }
    return sources;
  }

  private static RunReport.Duplicates duplicates(
      DeduplicateStatistics found, Dataset<Row> documents) {
    Map<Cluster, String> excerpts =
        DocumentTable.excerpts(documents, found.largestClusters(), EXCERPT);
    return RunReport.Duplicates.of(found, cluster -> excerpts.getOrDefault(cluster, ""));
  }

  private static List<RunReport.Rejections> rejections(Stages.Tokenized tokenized) {
    List<RunReport.Rejections> rejections = new ArrayList<>();
    tokenized
        .clean()
        .rejected()
        .forEach(
            (reason, count) -> {
              List<RunReport.Example> examples =
                  DocumentTable.rejections(tokenized.cleanTable())
                      .filter(DocumentTable.hasReason(reason))
                      .limit(EXAMPLES)
                      .collectAsList()
                      .stream()
                      .map(
                          row ->
                              new RunReport.Example(
                                  row.getString(1), row.getLong(2), row.getString(4)))
                      .toList();
              rejections.add(new RunReport.Rejections(reason, count, examples));
            });
    return rejections;
  }

  /** One by one, by source, file and position, so that the driver holds few at a time. */
  private static void writeRejected(Dataset<Row> documents, FileSystem fs, Path file)
      throws IOException {
    try (OutputStream out = fs.create(file, false)) {
      Iterator<Row> rows = DocumentTable.rejections(documents).toLocalIterator();
      while (rows.hasNext()) {
        Row row = rows.next();
        Map<String, Object> line = new LinkedHashMap<>();
        for (String column : row.schema().fieldNames()) {
          line.put(column, row.getAs(column));
        }
        out.write((StageJson.write(line) + "\n").getBytes(StandardCharsets.UTF_8));
      }
    }
  }
}
