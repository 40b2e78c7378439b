package io.polyspark.prep.deduplicate;

import java.io.IOException;
import java.util.UUID;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Intermediate tables as Parquet in a directory of their own. A table that is saved and read again
 * has no lineage: what an executor that dies takes with it is computed from the tables before, not
 * from the start. Closing removes them.
 */
final class WorkDirectory implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WorkDirectory.class);

  private static final String DESCRIPTION = "spark.job.description";

  private final SparkSession session;
  private final FileSystem fs;
  private final Path path;

  /** Makes a new directory below {@code parent}. */
  WorkDirectory(SparkSession session, String parent) throws IOException {
    this.session = session;
    Path root = new Path(parent);
    this.fs = root.getFileSystem(session.sparkContext().hadoopConfiguration());
    this.path = fs.makeQualified(new Path(root, "_deduplicate." + UUID.randomUUID()));
    if (!fs.mkdirs(path)) {
      throw new IOException("cannot make " + path);
    }
  }

  /** Writes a table, by whose name its jobs go meanwhile, and gives it as it was written. */
  Dataset<Row> save(String name, Dataset<Row> table) {
    String file = new Path(path, name).toString();
    SparkContext spark = session.sparkContext();
    String before = spark.getLocalProperty(DESCRIPTION);
    spark.setLocalProperty(DESCRIPTION, "deduplicate: " + name.replace('-', ' '));
    try {
      table.write().mode(SaveMode.ErrorIfExists).parquet(file);
    } finally {
      spark.setLocalProperty(DESCRIPTION, before);
    }
    return session.read().schema(table.schema()).parquet(file);
  }

  /** Removes a table that is read no more. */
  void remove(String name) throws IOException {
    fs.delete(new Path(path, name), true);
  }

  @Override
  public void close() {
    try {
      fs.delete(path, true);
    } catch (IOException e) {
      LOG.warn("Cannot remove {}, which is read no more; remove it by hand", path, e);
    }
  }
}
