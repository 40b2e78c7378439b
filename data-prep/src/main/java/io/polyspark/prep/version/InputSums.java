package io.polyspark.prep.version;

import io.polyspark.model.tokenize.Sha256;
import io.polyspark.prep.read.InputFiles;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestInputStream;
import java.util.HexFormat;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.SerializableConfiguration;

/** The SHA-256 of files, each read as a stream by a Spark task. */
final class InputSums {
  /** Tasks for each core, since files differ in size. */
  private static final int TASKS_PER_CORE = 8;

  private static final String GONE = "";

  private InputSums() {}

  /**
   * The sums of files, in their order; starts no job where there are none.
   *
   * @throws io.polyspark.model.config.UserError naming a file that is not there
   */
  static List<String> of(JavaSparkContext spark, List<String> uris) {
    if (uris.isEmpty()) {
      return List.of();
    }
    SerializableConfiguration hadoop = new SerializableConfiguration(spark.hadoopConfiguration());
    int tasks = Math.min(uris.size(), TASKS_PER_CORE * Math.max(1, spark.defaultParallelism()));
    spark.setJobGroup("changes", "changes: reading input files that may have changed", false);
    List<String> sums =
        spark.parallelize(uris, tasks).map(uri -> sum(uri, hadoop.value())).collect();
    spark.clearJobGroup();
    int gone = sums.indexOf(GONE);
    if (gone >= 0) {
      throw FoundInput.gone(uris.get(gone));
    }
    return sums;
  }

  private static String sum(String uri, Configuration configuration) throws IOException {
    Path path = new Path(uri);
    try (InputStream in = InputFiles.fileSystem(path, configuration).open(path);
        DigestInputStream digest = new DigestInputStream(in, Sha256.digest())) {
      digest.transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(digest.getMessageDigest().digest());
    } catch (FileNotFoundException e) {
      return GONE;
    }
  }
}
