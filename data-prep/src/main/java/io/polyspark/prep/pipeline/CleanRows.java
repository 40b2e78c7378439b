package io.polyspark.prep.pipeline;

import io.polyspark.prep.filter.FilterPipeline;
import io.polyspark.prep.filter.PipelineRun;
import io.polyspark.prep.filter.StageReport.Volume;
import io.polyspark.prep.read.Document;
import io.polyspark.prep.read.DocumentReader;
import io.polyspark.prep.read.ReadResult;
import io.polyspark.prep.read.Rejection;
import io.polyspark.prep.read.TaskReading;
import io.polyspark.prep.report.LengthHistogram;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.sql.Row;

/**
 * Reads, normalises and filters a partition as Spark asks for it: memory holds one document. Stops
 * early once more documents are damaged than the whole run allows.
 */
final class CleanRows extends RowIterator {
  private final String source;
  private final DocumentReader documents;
  private final PipelineRun filters;
  private final StageMetrics metrics;
  private final long mostRejected;
  private final TreeMap<String, Long> rejected = new TreeMap<>();
  private final LengthHistogram lengths = new LengthHistogram();
  private Volume read = Volume.NONE;
  private Volume kept = Volume.NONE;
  private long empty;
  private long allRejected;

  /**
   * Starts before the first document.
   *
   * @param documents read to their end; closed by whoever opened them
   */
  CleanRows(
      String source,
      DocumentReader documents,
      FilterPipeline filters,
      StageMetrics metrics,
      long mostRejected) {
    this.source = source;
    this.documents = documents;
    this.filters = filters.start();
    this.metrics = metrics;
    this.mostRejected = mostRejected;
  }

  @Override
  void advance() {
    ReadResult result = allRejected > mostRejected ? null : TaskReading.next(documents);
    if (result instanceof Document document) {
      clean(document);
    } else if (result instanceof Rejection rejection) {
      allRejected++;
      rejected.merge(rejection.reason(), 1L, Long::sum);
      Row row = DocumentTable.rejection(source, rejection);
      metrics.addRejected(row);
      give(row);
    } else {
      end();
    }
  }

  private void clean(Document document) {
    read = read.plus(document);
    lengths.add(document.utf8().length);
    Optional<Document> clean =
        document.text().isBlank() ? Optional.of(document) : filters.apply(document);
    if (clean.isEmpty()) {
      return;
    }
    if (clean.get().text().isBlank()) {
      empty++;
      return;
    }
    kept = kept.plus(clean.get());
    give(DocumentTable.document(source, document.place(), clean.get().text()));
  }

  private void end() {
    TreeMap<String, Volume> readHere = new TreeMap<>();
    TreeMap<String, Volume> keptHere = new TreeMap<>();
    readHere.put(source, read);
    keptHere.put(source, kept);
    CleanReport report =
        new CleanReport(readHere, keptHere, empty, rejected, filters.report(), lengths);
    metrics.add(Funnel.READ, report.met(), report.whole());
    metrics.add(report.filters());
    giveLast(DocumentTable.report(report));
  }
}
