package io.polyspark.prep.pipeline;

import io.polyspark.prep.deduplicate.DeduplicateStatistics.Cluster;
import io.polyspark.prep.deduplicate.LocatedDocument;
import io.polyspark.prep.read.Place;
import io.polyspark.prep.read.Rejection;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Documents as rows, on their way between stages. A row is a document, what was wrong with a
 * damaged one, or the report of a partition, which comes last in it: so they are written together,
 * once, however often a task runs.
 */
final class DocumentTable {
  static final String SOURCE = "source";
  static final String FILE = "file";
  static final String POSITION = "position";
  static final String TEXT = "text";
  static final String REASON = "reason";
  static final String DESCRIPTION = "description";
  static final String REPORT = "report";

  private static final StructType SCHEMA =
      new StructType()
          .add(SOURCE, DataTypes.StringType)
          .add(FILE, DataTypes.StringType)
          .add(POSITION, DataTypes.LongType)
          .add(TEXT, DataTypes.StringType)
          .add(REASON, DataTypes.StringType)
          .add(DESCRIPTION, DataTypes.StringType)
          .add(REPORT, DataTypes.StringType);

  /** Between a source's name, which has none, and the file. */
  private static final char COLON = ':';

  private DocumentTable() {}

  static Row document(String source, Place place, String text) {
    return RowFactory.create(source, place.file(), place.position(), text, null, null, null);
  }

  static Row document(LocatedDocument document) {
    String source = sourceOf(document);
    String file = document.source().substring(source.length() + 1);
    return document(source, new Place(file, document.position()), document.text());
  }

  /** The name of the source that {@link #documents} has put before the file. */
  static String sourceOf(LocatedDocument document) {
    return document.source().substring(0, document.source().indexOf(COLON));
  }

  static Row rejection(String source, Rejection rejection) {
    Place place = rejection.place();
    return RowFactory.create(
        source,
        place.file(),
        place.position(),
        null,
        rejection.reason(),
        rejection.description().get(),
        null);
  }

  /** What {@link #rejection} says is wrong. */
  static String description(Row rejection) {
    return rejection.getString(SCHEMA.fieldIndex(DESCRIPTION));
  }

  static Row report(Object report) {
    return RowFactory.create(null, null, null, null, null, null, StageJson.write(report));
  }

  /** Writes rows, see {@link StageTables#write}. */
  static void write(SparkSession session, JavaRDD<Row> rows, String directory) {
    StageTables.write(session, rows, SCHEMA, directory);
  }

  /** The documents, each with the identity {@code source:file}. */
  static JavaRDD<LocatedDocument> documents(Dataset<Row> table) {
    return table
        .filter(functions.col(TEXT).isNotNull())
        .select(SOURCE, FILE, POSITION, TEXT)
        .toJavaRDD()
        .map(
            row ->
                new LocatedDocument(
                    row.getString(0) + COLON + row.getString(1), row.getLong(2), row.getString(3)));
  }

  /** What was wrong, by source, file and position. */
  static Dataset<Row> rejections(Dataset<Row> table) {
    return table
        .filter(functions.col(REASON).isNotNull())
        .select(SOURCE, FILE, POSITION, REASON, DESCRIPTION)
        .orderBy(SOURCE, FILE, POSITION);
  }

  /** How the reports of two parts become that of both, in any order. */
  @FunctionalInterface
  interface Sum<R> extends BinaryOperator<R>, Serializable {}

  /**
   * The sum of the partitions' reports. Tasks add most of it up: each report has samples of what
   * was removed, and all of them are too much for the driver.
   */
  static <R> R report(Dataset<Row> table, Class<R> type, Sum<R> sum) {
    String all =
        table
            .filter(functions.col(REPORT).isNotNull())
            .select(REPORT)
            .toJavaRDD()
            .mapPartitions(rows -> sum(rows, type, sum))
            .treeReduce((one, other) -> sum(List.of(one, other), type, sum));
    return StageJson.read(all, type);
  }

  private static <R> Iterator<String> sum(Iterator<Row> rows, Class<R> type, Sum<R> sum) {
    List<String> parts = new ArrayList<>();
    rows.forEachRemaining(row -> parts.add(row.getString(0)));
    return parts.isEmpty()
        ? Collections.emptyIterator()
        : List.of(sum(parts, type, sum)).iterator();
  }

  private static <R> String sum(List<String> parts, Class<R> type, Sum<R> sum) {
    return StageJson.write(
        parts.stream().map(part -> StageJson.read(part, type)).reduce(sum).orElseThrow());
  }

  /** Whether what was wrong goes by a name. */
  static Column hasReason(String reason) {
    return functions.col(REASON).equalTo(reason);
  }

  /**
   * The beginnings of the documents that stand for clusters; those of earlier runs are not there.
   *
   * @param characters how long
   */
  static Map<Cluster, String> excerpts(Dataset<Row> table, List<Cluster> clusters, int characters) {
    Column identity =
        functions.concat(
            functions.col(SOURCE), functions.lit(String.valueOf(COLON)), functions.col(FILE));
    Column wanted = functions.lit(false);
    for (Cluster cluster : clusters) {
      wanted =
          wanted.or(
              identity
                  .equalTo(cluster.source())
                  .and(functions.col(POSITION).equalTo(cluster.position())));
    }
    Map<Cluster, String> excerpts = new HashMap<>();
    table
        .filter(functions.col(TEXT).isNotNull().and(wanted))
        .select(identity, functions.col(POSITION), functions.col(TEXT).substr(1, characters))
        .collectAsList()
        .forEach(
            row ->
                clusters.stream()
                    .filter(cluster -> cluster.source().equals(row.getString(0)))
                    .filter(cluster -> cluster.position() == row.getLong(1))
                    .forEach(cluster -> excerpts.put(cluster, row.getString(2))));
    return excerpts;
  }
}
