package io.polyspark.prep.pipeline;

import io.polyspark.prep.deduplicate.Deduplicate;
import io.polyspark.prep.deduplicate.DeduplicateOptions;
import io.polyspark.prep.deduplicate.Deduplicated;
import io.polyspark.prep.deduplicate.IndexBatches;
import java.io.IOException;
import java.util.Optional;
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
