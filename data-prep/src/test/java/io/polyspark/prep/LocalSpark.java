package io.polyspark.prep;

import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.model.tokenize.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/** A Spark in this JVM, and ways to look at what it prepared. */
public final class LocalSpark implements AutoCloseable {
  private final JavaSparkContext spark;

  public LocalSpark(int threads, Map<String, String> settings) {
    SparkConf conf =
        new SparkConf()
            .setMaster("local[" + threads + "]")
            .setAppName("prepare")
            .set("spark.ui.enabled", "false")
            .set("spark.driver.host", "127.0.0.1");
    settings.forEach(conf::set);
    this.spark = new JavaSparkContext(conf);
  }

  /** Starts one of two threads. */
  public static LocalSpark start() {
    return new LocalSpark(2, Map.of());
  }

  /** As {@link #start}; Spark would compile each query, which takes longer than small ones do. */
  public static LocalSpark forSmallTables() {
    return forSmallTables(Map.of());
  }

  /** The same with more settings. */
  public static LocalSpark forSmallTables(Map<String, String> more) {
    Map<String, String> settings = new HashMap<>(more);
    settings.put("spark.sql.codegen.wholeStage", "false");
    settings.put("spark.sql.codegen.factoryMode", "NO_CODEGEN");
    return new LocalSpark(2, settings);
  }

  /** The context. */
  public JavaSparkContext context() {
    return spark;
  }

  /** Prepares a corpus, silently. */
  public PreparedCorpus prepare(PrepareOptions options) {
    return PrepareCorpus.run(spark, options);
  }

  @Override
  public void close() {
    spark.close();
  }

  /** All tokens of a split of a local corpus, the ends of text included. */
  static int[] tokens(Path corpus, String split) throws IOException {
    org.apache.hadoop.fs.Path data = new org.apache.hadoop.fs.Path(corpus.toUri());
    FileSystem fs = FileSystem.getLocal(new org.apache.hadoop.conf.Configuration());
    Manifest manifest = Manifest.read(fs, data);
    int width = manifest.dtype().equals("<u2") ? 2 : 4;
    List<Integer> ids = new ArrayList<>();
    for (Manifest.File file : manifest.splits().get(split).files()) {
      byte[] bytes = Files.readAllBytes(corpus.resolve(file.name()));
      for (int at = (int) (bytes.length - file.tokens() * width); at < bytes.length; at += width) {
        int id = 0;
        for (int i = width - 1; i >= 0; i--) {
          id = id << 8 | (bytes[at + i] & 0xff);
        }
        ids.add(id);
      }
    }
    for (Manifest.File file : Manifest.read(fs, data).splits().get(split).files()) {
      TokenShards.verify(fs, data, file);
    }
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }

  /** The SHA-256 of every file below a directory. */
  public static Map<String, String> sums(Path directory) throws IOException {
    Map<String, String> sums = new TreeMap<>();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        sums.put(directory.relativize(file).toString(), Sha256.hex(Files.readAllBytes(file)));
      }
    }
    return sums;
  }
}
