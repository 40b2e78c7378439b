package io.polyspark.prep.pipeline;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.sum;

import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.TokenType;
import io.polyspark.prep.shard.ShardFiles;
import io.polyspark.prep.tokenize.Packed;
import io.polyspark.prep.tokenize.Side;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Brings tokens into their order and writes the shards. Each file has the documents of an equal
 * part of the range of their hashes, whole, so that one shuffle does all, and no file depends on
 * how the tokens were divided before; files are about as long as each other.
 */
final class ShardStage {
  static final String NAME = "shard";

  private static final String SHARD = "shard";
  private static final StructType SCHEMA =
      new StructType()
          .add(SHARD, DataTypes.IntegerType)
          .add(TokenTable.HIGH, DataTypes.LongType)
          .add(TokenTable.LOW, DataTypes.LongType)
          .add(TokenTable.COUNT, DataTypes.IntegerType)
          .add(TokenTable.TOKENS, DataTypes.BinaryType);

  private final SparkSession session;
  private final JavaSparkContext spark;
  private final TokenType type;
  private final EnumMap<Side, Integer> shards = new EnumMap<>(Side.class);

  /**
   * Plans the files.
   *
   * @param report says how many tokens there are
   * @param shardTokens about how many a file has
   */
  ShardStage(
      SparkSession session,
      JavaSparkContext spark,
      TokenType type,
      TokenReport report,
      long shardTokens) {
    this.session = session;
    this.spark = spark;
    this.type = type;
    for (Side side : Side.values()) {
      long tokens = report.side(side).tokens();
      // Rounded up; a sum would overflow where all is to be in one file.
      shards.put(side, Math.toIntExact(-Math.floorDiv(-tokens, shardTokens)));
    }
  }

  /**
   * Writes the files.
   *
   * @param prefix of their names, before the number
   * @return the files of each side, in order
   */
  Map<Side, List<Manifest.File>> write(
      Dataset<Row> tokens, FileSystem fs, Path directory, String prefix) throws IOException {
    Dataset<Row> documents = TokenTable.documents(tokens);
    ArrayList<NamedShard> named = new ArrayList<>(name(counts(documents), prefix));
    ShardFiles.prepare(fs, directory);
    Broadcast<Packed<ArrayList<NamedShard>>> plan = spark.broadcast(Packed.of(named));
    Broadcast<SerializableConfiguration> configuration =
        spark.broadcast(new SerializableConfiguration(spark.hadoopConfiguration()));
    String target = directory.toString();
    TokenType encoding = type;
    List<Packed<WrittenShard>> written =
        // Shards that hash alike share a task: more tasks than shards make that rare.
        copies(documents)
            .repartition(2 * Math.max(1, named.size()), col(SHARD))
            .sortWithinPartitions(SHARD, TokenTable.HIGH, TokenTable.LOW)
            .toJavaRDD()
            .mapPartitions(
                rows ->
                    write(
                        rows,
                        plan.value().value(),
                        encoding,
                        new Path(target),
                        configuration.value().value()))
            .collect();
    ShardFiles.finish(fs, directory);

    TreeMap<Integer, Manifest.File> byShard = new TreeMap<>();
    written.forEach(file -> byShard.put(file.value().shard(), file.value().file()));
    Map<Side, List<Manifest.File>> bySide = new EnumMap<>(Side.class);
    for (Side side : Side.values()) {
      bySide.put(
          side,
          named.stream()
              .filter(shard -> shard.side() == side)
              .map(shard -> byShard.get(shard.shard()))
              .toList());
    }
    return bySide;
  }

  /**
   * A file to write.
   *
   * @param shard its number among all, train's first
   */
  private record NamedShard(int shard, Side side, String name, long tokens)
      implements Serializable {}

  private record WrittenShard(int shard, Manifest.File file) implements Serializable {}

  /** Tokens of each shard that has some. */
  private SortedMap<Integer, Long> counts(Dataset<Row> documents) {
    TreeMap<Integer, Long> counts = new TreeMap<>();
    for (Row row :
        copies(documents.drop(TokenTable.TOKENS))
            .groupBy(SHARD)
            .agg(sum(TokenTable.COUNT))
            .collectAsList()) {
      counts.put(row.getInt(0), row.getLong(1));
    }
    return counts;
  }

  private List<NamedShard> name(SortedMap<Integer, Long> counts, String prefix) {
    List<NamedShard> named = new ArrayList<>();
    EnumMap<Side, Integer> next = new EnumMap<>(Side.class);
    counts.forEach(
        (shard, tokens) -> {
          Side side = shard < shards.get(Side.TRAIN) ? Side.TRAIN : Side.VALIDATION;
          int number = next.merge(side, 1, Integer::sum) - 1;
          String name =
              String.format(Locale.ROOT, "%s/%s%05d.npy", side.directory(), prefix, number);
          named.add(new NamedShard(shard, side, name, tokens));
        });
    return named;
  }

  /** A row for each copy of each document. */
  private Dataset<Row> copies(Dataset<Row> documents) {
    int trainShards = shards.get(Side.TRAIN);
    int validationShards = shards.get(Side.VALIDATION);
    boolean withTokens = documents.schema().getFieldIndex(TokenTable.TOKENS).isDefined();
    JavaRDD<Row> rows =
        documents
            .toJavaRDD()
            .flatMap(
                row ->
                    IntStream.range(0, row.getInt(1))
                        .mapToObj(
                            copy -> {
                              Mix.Key key =
                                  Mix.copy(new Mix.Key(row.getLong(2), row.getLong(3)), copy);
                              boolean train = row.getString(0).equals(Side.TRAIN.directory());
                              int shard =
                                  train
                                      ? Mix.shard(key, trainShards)
                                      : trainShards + Mix.shard(key, validationShards);
                              return RowFactory.create(
                                  shard,
                                  key.high(),
                                  key.low(),
                                  row.getInt(4),
                                  withTokens ? row.get(5) : null);
                            })
                        .iterator());
    return session.createDataFrame(rows, SCHEMA);
  }

  private static Iterator<Packed<WrittenShard>> write(
      Iterator<Row> rows,
      List<NamedShard> plan,
      TokenType type,
      Path directory,
      Configuration configuration)
      throws IOException {
    ShardFiles files = new ShardFiles(directory, configuration);
    Map<Integer, NamedShard> byNumber = new TreeMap<>();
    plan.forEach(shard -> byNumber.put(shard.shard(), shard));
    List<Packed<WrittenShard>> written = new ArrayList<>();
    Row row = rows.hasNext() ? rows.next() : null;
    while (row != null) {
      NamedShard shard = byNumber.get(row.getInt(0));
      try (ShardFiles.Writing file = files.start(shard.name(), type, shard.tokens())) {
        do {
          file.write((byte[]) row.get(4));
          row = rows.hasNext() ? rows.next() : null;
        } while (row != null && row.getInt(0) == shard.shard());
        written.add(Packed.of(new WrittenShard(shard.shard(), file.finish())));
      }
    }
    return written.iterator();
  }
}
