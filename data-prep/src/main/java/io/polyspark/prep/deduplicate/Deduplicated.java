package io.polyspark.prep.deduplicate;

import java.io.IOException;
import java.util.Optional;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * A deduplicated batch. Close it when the kept documents have been used: it removes the
 * intermediate tables.
 */
public final class Deduplicated implements AutoCloseable {
  private final JavaRDD<LocatedDocument> kept;
  private final DeduplicateStatistics statistics;
  private final Dataset<Row> pairs;
  private final Dataset<Row> fresh;
  private final long freshDocuments;
  private final Optional<AcceptedIndex> index;
  private final WorkDirectory work;
  private boolean accepted;
  private boolean entered;

  Deduplicated(
      JavaRDD<LocatedDocument> kept,
      DeduplicateStatistics statistics,
      Dataset<Row> pairs,
      Dataset<Row> fresh,
      Optional<AcceptedIndex> index,
      WorkDirectory work) {
    this.kept = kept;
    this.statistics = statistics;
    this.pairs = pairs;
    this.fresh = fresh;
    this.freshDocuments = statistics.kept() - statistics.acceptedBefore();
    this.index = index;
    this.work = work;
  }

  /**
   * The documents that stay, in the order and the partitions of the input, which it reads again.
   */
  public JavaRDD<LocatedDocument> kept() {
    return kept;
  }

  /** What was found. */
  public DeduplicateStatistics statistics() {
    return statistics;
  }

  /**
   * Enters the kept documents into the index, if there is one: to be called when what was made of
   * them is whole. Nothing is written where all were accepted before, nor by a second call.
   *
   * @return whether the index has a batch of them now
   * @throws io.polyspark.model.config.UserError if another batch has been accepted in the meantime
   */
  public boolean accept() throws IOException {
    if (!accepted && index.isPresent() && freshDocuments > 0) {
      index.get().add(fresh);
      entered = true;
    }
    accepted = true;
    return entered;
  }

  /** The pairs of similar texts: the identities of two texts in each row. */
  Dataset<Row> pairs() {
    return pairs;
  }

  @Override
  public void close() {
    work.close();
  }
}
