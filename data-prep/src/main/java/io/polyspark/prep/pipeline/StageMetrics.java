package io.polyspark.prep.pipeline;

import io.polyspark.prep.events.StepCounter;
import io.polyspark.prep.filter.FilterPipeline;
import io.polyspark.prep.filter.PipelineReport;
import io.polyspark.prep.filter.Stage;
import io.polyspark.prep.filter.StageReport;
import io.polyspark.prep.filter.StageReport.Volume;
import java.io.Serializable;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.Row;
import org.apache.spark.util.CollectionAccumulator;
import org.apache.spark.util.LongAccumulator;

/**
 * Documents and bytes in and out of each step of the funnel as Spark's accumulators, by which the
 * pages of a stage and the event log show them while tasks run. A task that runs twice counts twice
 * here; reports do not.
 */
final class StageMetrics implements Serializable {
  /** The name of the accumulator of damaged documents. */
  static final String REJECTED = "rejected documents";

  private static final long serialVersionUID = 1L;

  private final LinkedHashMap<String, LongAccumulator> accumulators = new LinkedHashMap<>();
  private final LongAccumulator rejected;
  private final CollectionAccumulator<String> firstRejections;

  /**
   * Makes the accumulators, on the driver.
   *
   * @param other the step besides the filters
   */
  StageMetrics(SparkContext spark, String other, FilterPipeline filters) {
    register(spark, other);
    for (Stage stage : filters.stages()) {
      register(spark, stage.name());
    }
    rejected = spark.longAccumulator(REJECTED);
    firstRejections = spark.collectionAccumulator("first rejected document");
  }

  private void register(SparkContext spark, String step) {
    for (String what : names(step, Volume.NONE, Volume.NONE).keySet()) {
      accumulators.put(what, spark.longAccumulator(what));
    }
  }

  /** Counts what a step did. */
  void add(String step, Volume in, Volume out) {
    names(step, in, out).forEach((name, count) -> accumulators.get(name).add(count));
  }

  /** Counts what the filters did. */
  void add(PipelineReport report) {
    for (StageReport stage : report.stages()) {
      add(stage.stage(), stage.in(), stage.out());
    }
  }

  /** Counts damaged documents, and remembers the first of a task. */
  void addRejected(Row rejection) {
    rejected.add(1L);
    if (firstRejections.isZero()) {
      firstRejections.add(DocumentTable.description(rejection));
    }
  }

  /** What was wrong with a damaged document; on the driver, where there is one. */
  String firstRejection() {
    return firstRejections.value().stream().min(Comparator.naturalOrder()).orElseThrow();
  }

  private static Map<String, Long> names(String step, Volume in, Volume out) {
    Map<String, Long> names = new LinkedHashMap<>();
    names.put(StepCounter.DOCUMENTS_IN.of(step), in.documents());
    names.put(StepCounter.DOCUMENTS_OUT.of(step), out.documents());
    names.put(StepCounter.BYTES_IN.of(step), in.bytes());
    names.put(StepCounter.BYTES_OUT.of(step), out.bytes());
    return names;
  }
}
