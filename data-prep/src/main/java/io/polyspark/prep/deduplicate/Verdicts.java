package io.polyspark.prep.deduplicate;

import static io.polyspark.prep.deduplicate.ConnectedComponents.NODE;
import static io.polyspark.prep.deduplicate.ConnectedComponents.ROOT;
import static io.polyspark.prep.deduplicate.DistinctTexts.ACCEPTED;
import static io.polyspark.prep.deduplicate.DistinctTexts.DOCUMENTS;
import static io.polyspark.prep.deduplicate.DistinctTexts.KEEP;
import static io.polyspark.prep.deduplicate.Fingerprints.LENGTH;
import static io.polyspark.prep.deduplicate.Fingerprints.ORDINAL;
import static io.polyspark.prep.deduplicate.Fingerprints.PARTITION;
import static io.polyspark.prep.deduplicate.Fingerprints.POSITION;
import static io.polyspark.prep.deduplicate.Fingerprints.SOURCE;
import static io.polyspark.prep.deduplicate.Fingerprints.TEXT;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;

import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * What becomes of each text of the batch. Of a cluster whose texts are all new the longest is kept,
 * the first by source and position of equally long ones; where a cluster has an accepted text, no
 * new one is kept.
 */
final class Verdicts {
  private static final String BEST = "best";

  private Verdicts() {}

  /**
   * The texts of the batch with the root of their cluster, where the cluster's kept document is
   * from ({@code source} and {@code position}), and in {@code keep} the place of the document to
   * keep, null where all are dropped.
   *
   * @param texts of the batch
   * @param all the new texts of the batch and the accepted ones, each once
   * @param components of the graph of similar texts
   */
  static Dataset<Row> of(Dataset<Row> texts, Dataset<Row> all, Dataset<Row> components) {
    Column rank =
        struct(
            not(col(ACCEPTED)).as("fresh"),
            col(LENGTH).multiply(-1).as("shortness"),
            col(SOURCE),
            col(POSITION),
            col(TEXT));
    Dataset<Row> best =
        components
            .join(all.withColumnRenamed(TEXT, NODE).withColumn(TEXT, col(NODE)), NODE)
            .groupBy(ROOT)
            .agg(min(rank).as(BEST));
    // Before they meet the texts, most of which are in no cluster and would all go to one task.
    Dataset<Row> clusters = components.join(best, ROOT).withColumnRenamed(NODE, TEXT);
    Column alone = col(BEST).isNull();
    Column stays = col(ACCEPTED).or(alone).or(col(BEST + "." + TEXT).equalTo(col(TEXT)));
    return texts
        .join(clusters, new String[] {TEXT}, "left")
        .select(
            col(TEXT),
            coalesce(col(ROOT), col(TEXT)).as(ROOT),
            col(DOCUMENTS),
            col(ACCEPTED),
            coalesce(col(BEST + "." + SOURCE), col(SOURCE)).as(SOURCE),
            coalesce(col(BEST + "." + POSITION), col(POSITION)).as(POSITION),
            when(stays, col(KEEP)).as(KEEP));
  }

  /** The places of the documents that are dropped: partition and ordinal. */
  static Dataset<Row> dropped(Dataset<Row> fingerprints, Dataset<Row> verdicts) {
    Column kept =
        col(KEEP + "." + PARTITION)
            .equalTo(col(PARTITION))
            .and(col(KEEP + "." + ORDINAL).equalTo(col(ORDINAL)));
    return fingerprints
        .select(TEXT, PARTITION, ORDINAL)
        .join(verdicts.select(TEXT, KEEP), TEXT)
        .filter(col(KEEP).isNull().or(not(kept)))
        .select(PARTITION, ORDINAL);
  }
}
