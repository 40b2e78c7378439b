package io.polyspark.prep.pipeline;

import io.polyspark.prep.deduplicate.Deduplicate;
import io.polyspark.prep.deduplicate.DeduplicateOptions;
import io.polyspark.prep.deduplicate.Deduplicated;
import io.polyspark.prep.deduplicate.IndexBatches;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalDouble;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Leaves out equal and similar documents. */
final class DeduplicateStage {
  static final String NAME = "deduplicate";

  private final SparkSession session;
  private final DeduplicateOptions options;

  DeduplicateStage(SparkSession session, DeduplicateOptions options) {
    this.session = session;
    this.options = options;
  }

  /**
   * How documents are deduplicated.
   *
   * @param directory for tables of its own
   * @param known what they are held against besides each other
   * @param made names the deduplication, and the batch of the index that it adds
   */
  static DeduplicateOptions options(
      PipelineConfig.Deduplication wanted, String directory, Known known, Fingerprint made) {
    DeduplicateOptions alone =
        DeduplicateOptions.in(directory).withFingerprints(wanted.fingerprints());
    DeduplicateOptions options =
        known.index().map(index -> alone.withIndex(index, known.batches(made))).orElse(alone);
    OptionalDouble threshold = wanted.verifyThreshold();
    return threshold.isPresent()
        ? options.withVerification(threshold.getAsDouble())
        : options.withoutVerification();
  }

  /**
   * Writes the table of what is left, and enters it into the index, if there is one: a batch counts
   * once a version names it.
   */
  DeduplicateReport write(Dataset<Row> clean, String directory) throws IOException {
    try (Deduplicated result = Deduplicate.run(DocumentTable.documents(clean), options)) {
      session.sparkContext().setJobDescription(NAME + ": what is kept");
      DocumentTable.write(session, result.kept().map(DocumentTable::document), directory);
      Optional<String> batch =
          result.accept() ? options.batches().map(IndexBatches::added) : Optional.empty();
      return new DeduplicateReport(result.statistics(), batch.orElse(null));
    }
  }
}
