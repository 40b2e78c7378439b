package io.polyspark.model.shards;

import java.io.IOException;

/** Random access to the ids of one shard. */
interface ShardFile extends AutoCloseable {
  /**
   * Reads ids.
   *
   * @param first number of the first id in the file
   * @param into receives ids at {@code [at, at + count)}
   */
  void read(long first, int[] into, int at, int count) throws IOException;

  @Override
  void close() throws IOException;
}
