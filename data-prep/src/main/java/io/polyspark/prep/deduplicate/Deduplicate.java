package io.polyspark.prep.deduplicate;

import static io.polyspark.prep.deduplicate.ConnectedComponents.ROOT;
import static io.polyspark.prep.deduplicate.DistinctTexts.ACCEPTED;
import static io.polyspark.prep.deduplicate.DistinctTexts.DOCUMENTS;
import static io.polyspark.prep.deduplicate.DistinctTexts.KEEP;
import static io.polyspark.prep.deduplicate.Fingerprints.BANDS;
import static io.polyspark.prep.deduplicate.Fingerprints.LENGTH;
import static io.polyspark.prep.deduplicate.Fingerprints.POSITION;
import static io.polyspark.prep.deduplicate.Fingerprints.SOURCE;
import static io.polyspark.prep.deduplicate.Fingerprints.TEXT;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.first;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import io.polyspark.model.config.UserError;
import io.polyspark.prep.deduplicate.DeduplicateStatistics.Cluster;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Deduplication of a batch of documents: fingerprints, equal texts, pairs of similar texts, their
 * connected components, and of each component one document. The driver holds counts alone, and a
 * task the rows that stream by; what does not fit in memory Spark spills.
 */
public final class Deduplicate {
  private final SparkSession session;
  private final JavaRDD<LocatedDocument> documents;
  private final DeduplicateOptions options;
  private final WorkDirectory work;

  private Deduplicate(
      SparkSession session,
      JavaRDD<LocatedDocument> documents,
      DeduplicateOptions options,
      WorkDirectory work) {
    this.session = session;
    this.documents = documents;
    this.options = options;
    this.work = work;
  }

  /**
   * Deduplicates.
   *
   * @param documents in partitions that are the same whenever they are read, which happens for the
   *     fingerprints, for the shingles of those that share a bucket, for what is kept, and for what
   *     the index remembers
   * @return to be closed
   * @throws UserError if the index was made with other settings, or lacks a batch that is named
   */
  public static Deduplicated run(JavaRDD<LocatedDocument> documents, DeduplicateOptions options)
      throws IOException {
    SparkSession session = session(documents);
    WorkDirectory work = new WorkDirectory(session, options.workDirectory());
    boolean done = false;
    try {
      Deduplicated result = new Deduplicate(session, documents, options, work).run();
      done = true;
      return result;
    } finally {
      if (!done) {
        work.close();
      }
    }
  }

  /**
   * Says without Spark what a deduplication would say of its index.
   *
   * @throws UserError if the index was made with other settings, or lacks a batch that is named
   */
  public static void requireIndex(DeduplicateOptions options, Configuration configuration)
      throws IOException {
    if (options.index().isPresent()) {
      new AcceptedIndex(configuration, options.index().get(), options);
    }
  }

  private Deduplicated run() throws IOException {
    Optional<AcceptedIndex> index = Optional.empty();
    if (options.index().isPresent()) {
      index =
          Optional.of(
              new AcceptedIndex(
                  session.sparkContext().hadoopConfiguration(), options.index().get(), options));
    }
    Dataset<Row> fingerprints =
        work.save("fingerprints", Fingerprints.of(session, documents, options.fingerprints()));
    Optional<Dataset<Row>> accepted =
        index.flatMap(opened -> opened.documents(session, Fingerprints.rememberedSchema()));

    Dataset<Row> texts = work.save("texts", distinctTexts(fingerprints, accepted));
    Column[] compared = columns(TEXT, SOURCE, POSITION, LENGTH, BANDS);
    Dataset<Row> newTexts = texts.filter(not(col(ACCEPTED)));
    Dataset<Row> newCompared = newTexts.select(compared).withColumn(ACCEPTED, lit(false));
    Dataset<Row> all =
        accepted
            .map(known -> newCompared.union(known.select(compared).withColumn(ACCEPTED, lit(true))))
            .orElse(newCompared);
    Contents contents =
        new Contents(session, documents, newTexts, accepted, options.fingerprints(), work);
    Dataset<Row> pairs = NearEdges.of(all, contents, options.verifyThreshold(), work);
    Dataset<Row> components = ConnectedComponents.of(pairs, work);
    Dataset<Row> verdicts = work.save("verdicts", Verdicts.of(texts, all, components));
    Dataset<Row> dropped = work.save("dropped", Verdicts.dropped(fingerprints, verdicts));
    Dataset<Row> fresh = verdicts.filter(col(KEEP).isNotNull().and(not(col(ACCEPTED))));
    return new Deduplicated(
        PlacedDocuments.without(documents, dropped),
        statistics(verdicts, pairs.count()),
        pairs,
        Fingerprints.remembered(
            session, PlacedDocuments.at(documents, DistinctTexts.places(fresh)), options),
        index,
        work);
  }

  private Dataset<Row> distinctTexts(Dataset<Row> fingerprints, Optional<Dataset<Row>> accepted) {
    return options.batches().isPresent()
        ? DistinctTexts.ofNew(fingerprints, accepted)
        : DistinctTexts.of(fingerprints, accepted);
  }

  private static DeduplicateStatistics statistics(Dataset<Row> verdicts, long pairs) {
    Column stays = when(col(KEEP).isNotNull(), 1).otherwise(0);
    Column acceptedBefore = when(col(ACCEPTED), stays).otherwise(0);
    Column near = when(col(KEEP).isNull().and(not(col(ACCEPTED))), 1).otherwise(0);
    Row counts =
        verdicts
            .agg(total(col(DOCUMENTS)), total(stays), total(acceptedBefore), total(near))
            .first();
    Dataset<Row> clusters =
        verdicts
            .groupBy(ROOT)
            .agg(
                sum(DOCUMENTS).as(DOCUMENTS),
                first(SOURCE).as(SOURCE),
                first(POSITION).as(POSITION))
            .filter(col(DOCUMENTS).gt(1));
    List<Cluster> largest =
        clusters
            .orderBy(col(DOCUMENTS).desc(), col(SOURCE), col(POSITION))
            .limit(DeduplicateStatistics.MOST_CLUSTERS)
            .collectAsList()
            .stream()
            .map(row -> new Cluster(row.getLong(1), row.getString(2), row.getLong(3)))
            .toList();
    long documents = counts.getLong(0);
    long kept = counts.getLong(1);
    long nearDuplicates = counts.getLong(3);
    return new DeduplicateStatistics(
        documents,
        kept,
        counts.getLong(2),
        documents - kept - nearDuplicates,
        nearDuplicates,
        pairs,
        clusters.agg(count(lit(1))).first().getLong(0),
        largest);
  }

  /** A sum that is 0 where there is nothing. */
  private static Column total(Column column) {
    return coalesce(sum(column), lit(0L));
  }

  private static Column[] columns(String... names) {
    return Arrays.stream(names).map(Column::new).toArray(Column[]::new);
  }

  /** A session of our own, so that the settings of the user's stay as they are. */
  private static SparkSession session(JavaRDD<LocatedDocument> documents) {
    SparkSession session =
        SparkSession.builder().sparkContext(documents.context()).getOrCreate().newSession();
    // At least as many tasks as read the documents; Spark puts small ones together.
    session.conf().set("spark.sql.adaptive.enabled", true);
    session
        .conf()
        .set("spark.sql.shuffle.partitions", String.valueOf(documents.getNumPartitions()));
    return session;
  }
}
