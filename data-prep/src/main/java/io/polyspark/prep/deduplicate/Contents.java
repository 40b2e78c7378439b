package io.polyspark.prep.deduplicate;

import static io.polyspark.prep.deduplicate.ConnectedComponents.NODE;
import static io.polyspark.prep.deduplicate.ConnectedComponents.ROOT;
import static io.polyspark.prep.deduplicate.Fingerprints.SHINGLES;
import static io.polyspark.prep.deduplicate.Fingerprints.TEXT;
import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;

import java.util.Optional;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The shingles of texts that share a bucket with another. They take more room than the text, so
 * those of new texts are made anew of the documents, where these are read, and only those of texts
 * in pairs travel.
 */
final class Contents {
  /** So many identities take some 50 MB of the driver and of each executor. */
  private static final long MOST_SENT = 500_000;

  private final SparkSession session;
  private final JavaRDD<LocatedDocument> documents;
  private final Dataset<Row> newTexts;
  private final Optional<Dataset<Row>> accepted;
  private final FingerprintOptions how;
  private final WorkDirectory work;
  private Dataset<Row> ofNewTexts;

  /**
   * Of documents and of what was accepted before.
   *
   * @param newTexts each with the place of a document
   * @param accepted with identities and shingles
   */
  Contents(
      SparkSession session,
      JavaRDD<LocatedDocument> documents,
      Dataset<Row> newTexts,
      Optional<Dataset<Row>> accepted,
      FingerprintOptions how,
      WorkDirectory work) {
    this.session = session;
    this.documents = documents;
    this.newTexts = newTexts;
    this.accepted = accepted;
    this.how = how;
    this.work = work;
  }

  /**
   * Identity and shingles of the texts in pairs.
   *
   * @param stars pairs; from the second call on, their new texts are among those of the first
   */
  Dataset<Row> of(Dataset<Row> stars) {
    Dataset<Row> candidates =
        stars.select(col(NODE).as(TEXT)).union(stars.select(col(ROOT).as(TEXT))).distinct();
    String[] byText = {TEXT};
    if (ofNewTexts == null) {
      Dataset<Row> wanted = newTexts.join(candidates, byText, "left_semi");
      ofNewTexts =
          work.save(
              "contents",
              Fingerprints.contents(
                  session, PlacedDocuments.at(documents, DistinctTexts.places(wanted)), how));
      Dataset<Row> all = ofNewTexts;
      return accepted
          .map(known -> all.union(narrowed(known.select(TEXT, SHINGLES), candidates)))
          .orElse(all);
    }
    Dataset<Row> all =
        accepted.map(known -> ofNewTexts.union(known.select(TEXT, SHINGLES))).orElse(ofNewTexts);
    return narrowed(all, candidates);
  }

  /** Where the candidates are few they go to the shingles; else all of these are shuffled. */
  private static Dataset<Row> narrowed(Dataset<Row> contents, Dataset<Row> candidates) {
    boolean few = candidates.count() <= MOST_SENT;
    return contents.join(
        few ? broadcast(candidates) : candidates, new String[] {TEXT}, "left_semi");
  }
}
