package io.polyspark.train.averaging;

import java.nio.file.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.util.Utils;

/** Where the driver keeps the vectors of a {@link RoundState}. No bit of a result depends on it. */
@FunctionalInterface
public interface StateStorage {
  /** The driver's heap. */
  StateStorage MEMORY = HeapChunks::new;

  /** A place for the chunks of one vector. */
  ChunkStore store(ChunkPlan plan);

  /** Files in a directory of the driver's machine, which take no heap. */
  static StateStorage disk(Path directory) {
    return plan -> new DiskChunks(plan, directory);
  }

  /** Files where Spark keeps its own, on the first of its local directories. */
  static StateStorage disk(SparkConf spark) {
    return disk(Path.of(Utils.getLocalDir(spark)));
  }

  /** A vector of zeros. */
  default ChunkedVector zeros(ChunkPlan plan) {
    return ChunkedVector.zeros(plan, store(plan));
  }
}
