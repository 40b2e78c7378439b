package io.polyspark.prep.pipeline;

import io.polyspark.prep.tokenize.Side;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Tokenized documents as rows, each once, with its place in the order of all; and reports. */
final class TokenTable {
  static final String SIDE = "side";
  static final String COPIES = "copies";
  static final String HIGH = "high";
  static final String LOW = "low";
  static final String COUNT = "count";
  static final String TOKENS = "tokens";

  private static final StructType SCHEMA =
      new StructType()
          .add(SIDE, DataTypes.StringType)
          .add(COPIES, DataTypes.IntegerType)
          .add(HIGH, DataTypes.LongType)
          .add(LOW, DataTypes.LongType)
          .add(COUNT, DataTypes.IntegerType)
          .add(TOKENS, DataTypes.BinaryType)
          .add(DocumentTable.REPORT, DataTypes.StringType);

  private TokenTable() {}

  /**
   * A document.
   *
   * @param key of its first copy
   * @param count of its ids, the end of text included
   * @param tokens the ids as shards have them
   */
  static Row document(Side side, int copies, Mix.Key key, int count, byte[] tokens) {
    return RowFactory.create(side.directory(), copies, key.high(), key.low(), count, tokens, null);
  }

  static Row report(Object report) {
    return RowFactory.create(null, null, null, null, null, null, StageJson.write(report));
  }

  static void write(SparkSession session, JavaRDD<Row> rows, String directory) {
    StageTables.write(session, rows, SCHEMA, directory);
  }

  /** The documents of a table without its reports. */
  static Dataset<Row> documents(Dataset<Row> table) {
    return table.filter(functions.col(SIDE).isNotNull()).drop(DocumentTable.REPORT);
  }
}
