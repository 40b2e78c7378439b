package io.polyspark.prep.pipeline;

import io.polyspark.model.config.UserError;
import io.polyspark.prep.filter.FilterPipeline;
import io.polyspark.prep.pipeline.PipelinePlan.SourceFiles;
import io.polyspark.prep.read.DocumentReader;
import io.polyspark.prep.read.FileSource;
import io.polyspark.prep.read.PartitionSize;
import io.polyspark.prep.tokenize.Packed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;

/** Reads all sources, and sends each document through the steps that look at it alone. */
final class CleanStage {
  static final String NAME = "clean";

  private final SparkSession session;
  private final JavaSparkContext spark;
  private final PipelinePlan plan;

  CleanStage(SparkSession session, JavaSparkContext spark, PipelinePlan plan) {
    this.session = session;
    this.spark = spark;
    this.plan = plan;
  }

  /**
   * Writes the table of what is left.
   *
   * @throws UserError if more is damaged than the configuration allows
   */
  CleanReport write(String directory) {
    MaxRejected allowed = plan.config().maxRejected();
    StageMetrics metrics = new StageMetrics(spark.sc(), Funnel.READ, plan.cleaning());
    try (RejectionWatch watch = new RejectionWatch(spark.sc(), NAME, allowed.most())) {
      try {
        DocumentTable.write(session, rows(metrics, allowed.most()), directory);
      } catch (Exception e) {
        // Not RuntimeException: Scala throws Spark's exceptions, which are checked, undeclared.
        if (watch.hasSeenTooMany()) {
          throw tooMuchIsDamaged(allowed, metrics.firstRejection());
        }
        throw e;
      }
    }
    CleanReport report =
        DocumentTable.report(
            session.read().parquet(directory), CleanReport.class, CleanReport::plus);
    long documents = CleanReport.total(report.read()).documents() + report.allRejected();
    if (allowed.isExceededBy(report.allRejected(), documents)) {
      throw tooMuchIsDamaged(allowed, metrics.firstRejection());
    }
    return report;
  }

  private JavaRDD<Row> rows(StageMetrics metrics, long mostRejected) {
    NamedSources sources = sources();
    FilterPipeline filters = plan.cleaning();
    Broadcast<Packed<NamedSources>> sharedSources = spark.broadcast(Packed.of(sources));
    Broadcast<Packed<FilterPipeline>> sharedFilters = spark.broadcast(Packed.of(filters));
    Broadcast<SerializableConfiguration> configuration =
        spark.broadcast(new SerializableConfiguration(spark.hadoopConfiguration()));
    int partitions = sources.partitions();
    return spark
        .parallelize(IntStream.range(0, partitions).boxed().toList(), partitions)
        .mapPartitions(
            numbers ->
                clean(
                    sharedSources.value().value(),
                    numbers.next(),
                    configuration.value().value(),
                    sharedFilters.value().value(),
                    metrics,
                    mostRejected));
  }

  private NamedSources sources() {
    long partitionBytes =
        plan.config().partitionBytes().orElse(PartitionSize.of(plan.bytes(), spark));
    NamedSources sources = new NamedSources();
    for (SourceFiles input : plan.inputs()) {
      sources.add(
          input.source().name(),
          new FileSource(input.files(), input.source().read(), partitionBytes));
    }
    return sources;
  }

  private static Iterator<Row> clean(
      NamedSources sources,
      int partition,
      Configuration configuration,
      FilterPipeline filters,
      StageMetrics metrics,
      long mostRejected)
      throws IOException {
    DocumentReader documents = sources.open(partition, configuration);
    TaskContext.get()
        .addTaskCompletionListener(
            task -> {
              try {
                documents.close();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    return new CleanRows(sources.name(partition), documents, filters, metrics, mostRejected);
  }

  private static UserError tooMuchIsDamaged(MaxRejected allowed, String first) {
    return allowed.equals(MaxRejected.NONE)
        ? UserError.of(
            "%s; correct it, or let a number of documents or a share of them be left out with"
                + " max_rejected.",
            first)
        : UserError.of(
            "More is damaged than max_rejected, %s, allows, such as: %s.", allowed, first);
  }
}
