package io.polyspark.prep.shard;

import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.TokenType;
import io.polyspark.prep.tokenize.Packed;
import io.polyspark.prep.tokenize.Side;
import io.polyspark.prep.tokenize.TokenizeJob;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;
import scala.Tuple2;

/**
 * The Spark job that writes the shards: a shuffle brings each file's pieces, in order, to one task.
 */
public final class ShardJob {
  private ShardJob() {}

  /**
   * Writes all shards below a directory that exists.
   *
   * @return the files of each side, in order
   */
  public static Map<Side, List<Manifest.File>> run(
      JavaSparkContext spark,
      TokenizeJob tokens,
      TokenType type,
      long shardTokens,
      FileSystem fs,
      Path directory)
      throws IOException {
    ShardPlan plan = new ShardPlan(tokens.partitions(), shardTokens);
    ShardFiles.prepare(fs, directory);
    Broadcast<Packed<ShardPlan>> sharedPlan = spark.broadcast(Packed.of(plan));
    Broadcast<SerializableConfiguration> configuration =
        spark.broadcast(new SerializableConfiguration(spark.hadoopConfiguration()));
    String target = directory.toString();
    List<Manifest.File> files =
        tokens
            .outputs()
            .mapPartitionsWithIndex(
                (partition, outputs) ->
                    new ShardPieces(sharedPlan.value().value(), type, partition, outputs),
                true)
            .mapToPair(piece -> piece)
            .repartitionAndSortWithinPartitions(new ByShard(plan.shards().size()))
            .mapPartitionsWithIndex(
                (number, pieces) ->
                    List.of(
                            Packed.of(
                                write(
                                    sharedPlan.value().value().shards().get(number),
                                    type,
                                    pieces,
                                    new ShardFiles(
                                        new Path(target), configuration.value().value()))))
                        .iterator(),
                true)
            .collect()
            .stream()
            .map(Packed::value)
            .toList();
    ShardFiles.finish(fs, directory);

    Map<Side, List<Manifest.File>> bySide = new EnumMap<>(Side.class);
    for (Side side : Side.values()) {
      String prefix = side.directory() + "/";
      bySide.put(side, files.stream().filter(file -> file.name().startsWith(prefix)).toList());
    }
    return bySide;
  }

  private static Manifest.File write(
      ShardPlan.Shard shard,
      TokenType type,
      Iterator<Tuple2<ShardPosition, byte[]>> pieces,
      ShardFiles files)
      throws IOException {
    try (ShardFiles.Writing file = files.start(shard.name(), type, shard.tokens())) {
      while (pieces.hasNext()) {
        file.write(pieces.next()._2());
      }
      return file.finish();
    }
  }

  /** One partition per file. */
  private static final class ByShard extends Partitioner {
    private static final long serialVersionUID = 1L;

    private final int shards;

    ByShard(int shards) {
      this.shards = shards;
    }

    @Override
    public int numPartitions() {
      return shards;
    }

    @Override
    public int getPartition(Object key) {
      return ((ShardPosition) key).shard();
    }
  }
}
