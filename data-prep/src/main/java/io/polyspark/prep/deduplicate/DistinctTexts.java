package io.polyspark.prep.deduplicate;

import static io.polyspark.prep.deduplicate.Fingerprints.BANDS;
import static io.polyspark.prep.deduplicate.Fingerprints.LENGTH;
import static io.polyspark.prep.deduplicate.Fingerprints.ORDINAL;
import static io.polyspark.prep.deduplicate.Fingerprints.PARTITION;
import static io.polyspark.prep.deduplicate.Fingerprints.POSITION;
import static io.polyspark.prep.deduplicate.Fingerprints.SOURCE;
import static io.polyspark.prep.deduplicate.Fingerprints.TEXT;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.first;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;

import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * One row for each text of the batch, whatever the number of documents that say it. Of those, the
 * first by source and position is kept, or the one that was accepted before.
 */
final class DistinctTexts {
  /** Documents of the batch that say it. */
  static final String DOCUMENTS = "documents";

  /** Whether a document that says it was accepted before. */
  static final String ACCEPTED = "accepted";

  /**
   * The place of the one to keep, if any is: source, position, partition, ordinal; null where the
   * accepted one is not in the batch.
   */
  static final String KEEP = "keep";

  private static final String PLACE = "place";
  private static final String KNOWN = "known";

  private DistinctTexts() {}

  /**
   * The texts of a batch, with source and position of the document that stands for each.
   *
   * @param accepted what was accepted before
   */
  static Dataset<Row> of(Dataset<Row> fingerprints, Optional<Dataset<Row>> accepted) {
    Dataset<Row> texts = ofBatch(fingerprints);
    return accepted
        .map(
            known ->
                withAccepted(
                    texts.join(placesOfAccepted(fingerprints, known), new String[] {TEXT}, "left"),
                    known,
                    col(PLACE)))
        .orElse(texts);
  }

  /** As {@link #of}, but of what was accepted before none is kept, whatever place it has. */
  static Dataset<Row> ofNew(Dataset<Row> fingerprints, Optional<Dataset<Row>> accepted) {
    Dataset<Row> texts = ofBatch(fingerprints);
    return accepted.map(known -> withAccepted(texts, known, lit(null))).orElse(texts);
  }

  /** The places of the documents to keep, as {@link PlacedDocuments} wants them. */
  static Dataset<Row> places(Dataset<Row> texts) {
    return texts.select(KEEP + "." + PARTITION, KEEP + "." + ORDINAL);
  }

  private static Dataset<Row> ofBatch(Dataset<Row> fingerprints) {
    return fingerprints
        .groupBy(TEXT)
        .agg(
            count(lit(1)).as(DOCUMENTS),
            min(place()).as(KEEP),
            // Equal for equal texts, so that it does not matter whose is taken.
            first(LENGTH).as(LENGTH),
            first(BANDS).as(BANDS))
        .withColumn(SOURCE, col(KEEP + "." + SOURCE))
        .withColumn(POSITION, col(KEEP + "." + POSITION))
        .withColumn(ACCEPTED, lit(false));
  }

  /** Where documents of the batch are that were accepted before. */
  private static Dataset<Row> placesOfAccepted(Dataset<Row> fingerprints, Dataset<Row> accepted) {
    return fingerprints
        .withColumn(PLACE, place())
        .join(
            accepted.select(TEXT, SOURCE, POSITION),
            new String[] {TEXT, SOURCE, POSITION},
            "left_semi")
        .groupBy(TEXT)
        .agg(min(PLACE).as(PLACE));
  }

  private static Dataset<Row> withAccepted(
      Dataset<Row> texts, Dataset<Row> accepted, Column placeOfAccepted) {
    Column isKnown = col(KNOWN).isNotNull();
    return texts
        .join(
            accepted.select(col(TEXT), struct(col(SOURCE), col(POSITION)).as(KNOWN)),
            new String[] {TEXT},
            "left")
        .withColumn(ACCEPTED, isKnown)
        .withColumn(SOURCE, when(isKnown, col(KNOWN + "." + SOURCE)).otherwise(col(SOURCE)))
        .withColumn(POSITION, when(isKnown, col(KNOWN + "." + POSITION)).otherwise(col(POSITION)))
        .withColumn(KEEP, when(isKnown, placeOfAccepted).otherwise(col(KEEP)))
        .drop(KNOWN, PLACE);
  }

  private static Column place() {
    return struct(col(SOURCE), col(POSITION), col(PARTITION), col(ORDINAL));
  }
}
