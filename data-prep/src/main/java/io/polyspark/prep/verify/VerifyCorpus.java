package io.polyspark.prep.verify;

import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.TokenShards;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Holds a prepared corpus against its manifest: the SHA-256 of the tokenizer, and of every file of
 * the splits that will be read, each in a Spark task.
 */
public final class VerifyCorpus {
  private VerifyCorpus() {}

  /**
   * Reads every byte.
   *
   * @param data the directory of token shards
   * @param splits of the manifest
   * @throws UserError naming the manifest and the first file that is not as it says
   */
  public static void run(JavaSparkContext spark, Path data, List<String> splits)
      throws IOException {
    SerializableConfiguration hadoop = new SerializableConfiguration(spark.hadoopConfiguration());
    FileSystem fs = data.getFileSystem(hadoop.value());
    Path everywhere = fs.makeQualified(data);
    Manifest manifest = Manifest.read(fs, everywhere);
    manifest.requireTokenizer(fs, everywhere);
    List<Manifest.File> files =
        splits.stream()
            .map(manifest.splits()::get)
            .filter(Objects::nonNull)
            .flatMap(split -> split.files().stream())
            .toList();
    if (files.isEmpty()) {
      return;
    }
    String directory = everywhere.toString();
    int tasks = Math.min(files.size(), 8 * Math.max(1, spark.defaultParallelism()));
    spark.setJobDescription("Check the corpus' files");
    Optional<String> damage;
    try {
      damage =
          spark
              .parallelize(files, tasks)
              .mapPartitions(
                  part -> {
                    Path from = new Path(directory);
                    FileSystem source = from.getFileSystem(hadoop.value());
                    List<String> found = new ArrayList<>();
                    part.forEachRemaining(file -> damage(source, from, file).ifPresent(found::add));
                    return found.iterator();
                  })
              .collect()
              .stream()
              .findFirst();
    } finally {
      spark.setJobDescription(null);
    }
    if (damage.isPresent()) {
      throw new UserError(damage.get());
    }
  }

  /** What is wrong with a file; a sentence comes back from a task whole, an exception may not. */
  private static Optional<String> damage(FileSystem fs, Path data, Manifest.File file) {
    try {
      TokenShards.verify(fs, data, file);
      return Optional.empty();
    } catch (UserError e) {
      return Optional.of(e.getMessage());
    }
  }
}
