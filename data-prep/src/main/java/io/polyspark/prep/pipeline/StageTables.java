package io.polyspark.prep.pipeline;

import io.polyspark.model.read.WholeFile;
import io.polyspark.prep.shard.OutputDirectory;
import io.polyspark.prep.shard.PlainFiles;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * The tables that stages leave, as Parquet with a report beside each, in a directory of the run's
 * own. A table appears whole or not at all, and is found again by a later run of the same stage on
 * the same input with the same settings; the stage's older tables go when a new one is whole.
 *
 * <pre>
 * WORK/clean-0123456789abcdef/table/        Parquet
 * WORK/clean-0123456789abcdef/report.json
 * </pre>
 */
final class StageTables {
  private static final String TABLE = "table";
  private static final String REPORT = "report.json";

  /** So large a part of a file is gathered in memory by a task that writes. */
  private static final int ROW_GROUP_BYTES = 32 << 20;

  private static final int LARGEST_REPORT = 256 << 20;

  private final SparkSession session;
  private final FileSystem fs;
  private final Path work;

  /**
   * What a stage left.
   *
   * @param table its documents
   * @param report what it did
   * @param reused whether an earlier run had done it
   */
  record Result<R>(Dataset<Row> table, R report, boolean reused) {}

  /** A stage at work. */
  @FunctionalInterface
  interface Work<R> {
    /**
     * Writes the table.
     *
     * @param directory to make, of Parquet files
     * @return the report, a record that {@link StageJson} can write
     */
    R write(String directory) throws IOException;
  }

  StageTables(SparkSession session, Path work) throws IOException {
    this.session = session;
    this.fs = PlainFiles.open(work, session.sparkContext().hadoopConfiguration());
    this.work = fs.makeQualified(work);
  }

  /** The table of a stage: the one that is there, or a new one. */
  <R> Result<R> get(String stage, Fingerprint fingerprint, Class<R> type, Work<R> making)
      throws IOException {
    Path directory = new Path(work, stage + "-" + fingerprint.shortName());
    boolean there = fs.exists(directory);
    if (!there) {
      try (OutputDirectory output = new OutputDirectory(fs, directory)) {
        R report = making.write(new Path(output.path(), TABLE).toString());
        try (OutputStream out = fs.create(new Path(output.path(), REPORT), false)) {
          out.write(StageJson.write(report).getBytes(StandardCharsets.UTF_8));
        }
        output.commit();
      }
      removeOlder(stage, directory);
    }
    Path report = new Path(directory, REPORT);
    String json = WholeFile.utf8(WholeFile.read(fs, report, LARGEST_REPORT), report);
    return new Result<>(
        session.read().parquet(new Path(directory, TABLE).toString()),
        StageJson.read(json, type),
        there);
  }

  /** Writes rows as Parquet; the job runs as one stage without a shuffle. */
  static void write(SparkSession session, JavaRDD<Row> rows, StructType schema, String directory) {
    session
        .createDataFrame(rows, schema)
        .write()
        .option("compression", "zstd")
        .option("parquet.block.size", ROW_GROUP_BYTES)
        .parquet(directory);
  }

  /** Where the tables are. */
  String directory() {
    return work.toString();
  }

  /** Removes all tables. */
  void clear() throws IOException {
    fs.delete(work, true);
  }

  private void removeOlder(String stage, Path newest) throws IOException {
    try {
      for (FileStatus status : fs.listStatus(work)) {
        Path path = status.getPath();
        if (path.getName().startsWith(stage + "-") && !path.getName().equals(newest.getName())) {
          fs.delete(path, true);
        }
      }
    } catch (FileNotFoundException e) {
      throw new IOException("the run's tables have been removed while it ran: " + work, e);
    }
  }
}
