package io.polyspark.prep.deduplicate;

import static io.polyspark.prep.deduplicate.ConnectedComponents.NODE;
import static io.polyspark.prep.deduplicate.ConnectedComponents.ROOT;
import static io.polyspark.prep.deduplicate.DistinctTexts.ACCEPTED;
import static io.polyspark.prep.deduplicate.Fingerprints.BANDS;
import static io.polyspark.prep.deduplicate.Fingerprints.SHINGLES;
import static io.polyspark.prep.deduplicate.Fingerprints.TEXT;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.first;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.udf;

import java.util.OptionalDouble;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF2;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.expressions.WindowSpec;
import org.apache.spark.sql.types.DataTypes;

/**
 * Pairs of similar texts. Texts that share a bucket of a band are tied to one of them, its centre:
 * an accepted one where there is one, else the least hash; so a bucket of n texts gives n - 1
 * pairs, and no task holds it whole. With verification a pair stands if the Jaccard similarity of
 * the two texts' shingles, which is computed exactly, reaches the threshold; texts that their
 * centre turned away form the bucket anew without it, up to {@value #MOST_CENTRES} times.
 */
final class NearEdges {
  /** Centres that a bucket gets before the texts that none of them took are let go. */
  static final int MOST_CENTRES = 4;

  private static final String KEY = "key";

  private final WorkDirectory work;
  private final Contents contents;
  private final UserDefinedFunction jaccard =
      udf((UDF2<byte[], byte[], Double>) Shingles::jaccard, DataTypes.DoubleType);

  private NearEdges(WorkDirectory work, Contents contents) {
    this.work = work;
    this.contents = contents;
  }

  /**
   * The pairs, as {@link ConnectedComponents} wants them; a pair has at least one text that was not
   * accepted before.
   *
   * @param texts with identity, bands and whether they were accepted, each text once
   * @param contents of all of them
   */
  static Dataset<Row> of(
      Dataset<Row> texts, Contents contents, OptionalDouble threshold, WorkDirectory work) {
    Dataset<Row> members = texts.select(col(TEXT), col(ACCEPTED), explode(col(BANDS)).as(KEY));
    NearEdges edges = new NearEdges(work, contents);
    return threshold.isPresent()
        ? edges.verified(members, threshold.getAsDouble())
        : work.save("edges", stars(members).select(NODE, ROOT).distinct());
  }

  private Dataset<Row> verified(Dataset<Row> members, double threshold) {
    Dataset<Row> all = null;
    Dataset<Row> left = members;
    for (int centre = 0; centre < MOST_CENTRES; centre++) {
      Dataset<Row> stars = work.save("stars-of-centre-" + centre, stars(left));
      Dataset<Row> pairs =
          work.save("pairs-of-centre-" + centre, similarities(stars, contents.of(stars)));
      Column stands = col("similarity").geq(threshold);
      Dataset<Row> good = pairs.filter(stands).select(NODE, ROOT);
      all = all == null ? good : all.union(good);
      Dataset<Row> bad = pairs.filter(not(stands)).select(NODE, ROOT);
      if (bad.isEmpty()) {
        break;
      }
      left = work.save("left-by-centre-" + centre, turnedAway(left, stars, bad));
    }
    return all.distinct();
  }

  /** Every member of a bucket that was not accepted before, with the bucket's centre. */
  private static Dataset<Row> stars(Dataset<Row> members) {
    // One shuffle, where an aggregation and a join would take two; a large bucket is spilled.
    WindowSpec bucket = Window.partitionBy(KEY).orderBy(not(col(ACCEPTED)), col(TEXT));
    return members
        .withColumn(ROOT, first(TEXT).over(bucket))
        .filter(not(col(ACCEPTED)).and(col(TEXT).notEqual(col(ROOT))))
        .select(col(KEY), col(TEXT).as(NODE), col(ROOT));
  }

  /** The distinct pairs with their similarity. */
  private Dataset<Row> similarities(Dataset<Row> stars, Dataset<Row> contents) {
    Dataset<Row> ofNode = contents.select(col(TEXT).as(NODE), col(SHINGLES).as("a"));
    Dataset<Row> ofRoot = contents.select(col(TEXT).as(ROOT), col(SHINGLES).as("b"));
    return stars
        .select(NODE, ROOT)
        .distinct()
        .join(ofNode, NODE)
        .join(ofRoot, ROOT)
        .select(col(NODE), col(ROOT), jaccard.apply(col("a"), col("b")).as("similarity"));
  }

  /** The buckets' members that their centres turned away, and accepted ones that were no centre. */
  private static Dataset<Row> turnedAway(
      Dataset<Row> members, Dataset<Row> stars, Dataset<Row> bad) {
    Dataset<Row> away = stars.join(bad, new String[] {NODE, ROOT}, "left_semi");
    // A text is once in a bucket, so these are its rows, and the members are not read again.
    Dataset<Row> fresh = away.select(col(NODE).as(TEXT), lit(false).as(ACCEPTED), col(KEY));
    Dataset<Row> accepted =
        members
            .filter(ACCEPTED)
            .join(away.select(KEY), new String[] {KEY}, "left_semi")
            .join(away.select(col(KEY), col(ROOT).as(TEXT)), new String[] {KEY, TEXT}, "left_anti");
    return fresh.unionByName(accepted);
  }
}
