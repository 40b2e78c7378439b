package io.polyspark.train.averaging;

import org.apache.spark.Partitioner;

/**
 * Brings all reports to partition 0, so that the driver can read them before anything is averaged,
 * and spreads the chunks over the others. Chunk c of every vector goes to the same partition.
 */
final class PiecePartitioner extends Partitioner {
  static final int REPORTS = 0;

  private static final long serialVersionUID = 1L;

  private final int reducers;

  PiecePartitioner(int reducers) {
    this.reducers = reducers;
  }

  @Override
  public int numPartitions() {
    return 1 + reducers;
  }

  @Override
  public int getPartition(Object key) {
    PieceKey piece = (PieceKey) key;
    return piece.kind() == PieceKey.Kind.REPORT ? REPORTS : 1 + piece.chunk() % reducers;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PiecePartitioner that && that.reducers == reducers;
  }

  @Override
  public int hashCode() {
    return reducers;
  }
}
