package io.polyspark.prep.shard;

import io.polyspark.prep.tokenize.PartitionSummary;
import io.polyspark.prep.tokenize.Side;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;

/**
 * Where every token goes. The tokens of a side, in the order of the input, are one sequence; it is
 * cut into files of equal length, the last one shorter. The cut knows nothing of documents or
 * partitions: a document may go on in the next file, and any cluster makes the same files.
 */
final class ShardPlan implements Serializable {
  private static final long serialVersionUID = 1L;

  /**
   * One file.
   *
   * @param name in the manifest
   * @param tokens in it
   */
  record Shard(Side side, String name, long tokens) implements Serializable {}

  private final long shardTokens;

  /** Place in its side's sequence of the first token of each partition. */
  private final EnumMap<Side, long[]> starts = new EnumMap<>(Side.class);

  private final EnumMap<Side, Integer> firstShards = new EnumMap<>(Side.class);
  private final ArrayList<Shard> shards = new ArrayList<>();

  /**
   * Plans the files.
   *
   * @param partitions counts of each partition, in order
   */
  ShardPlan(List<PartitionSummary> partitions, long shardTokens) {
    this.shardTokens = shardTokens;
    for (Side side : Side.values()) {
      long[] sideStarts = new long[partitions.size()];
      long tokens = 0;
      for (int partition = 0; partition < partitions.size(); partition++) {
        sideStarts[partition] = tokens;
        tokens += partitions.get(partition).side(side).tokens();
      }
      starts.put(side, sideStarts);
      firstShards.put(side, shards.size());
      for (long first = 0; first < tokens; first += shardTokens) {
        String name =
            String.format(Locale.ROOT, "%s/%05d.npy", side.directory(), first / shardTokens);
        shards.add(new Shard(side, name, Math.min(shardTokens, tokens - first)));
      }
    }
  }

  /** All files, those of a side in order. */
  List<Shard> shards() {
    return shards;
  }

  /** Place of a partition's first token in its side's sequence. */
  long start(Side side, int partition) {
    return starts.get(side)[partition];
  }

  /** The number, in {@link #shards}, of the file that has a token. */
  int shardOf(Side side, long token) {
    return firstShards.get(side) + Math.toIntExact(token / shardTokens);
  }

  /** How many tokens from this one on lie in the same file. */
  long leftInShard(long token) {
    return shardTokens - token % shardTokens;
  }
}
