package io.polyspark.train.averaging;

import java.io.Serializable;

/**
 * A chunk of the next round's state on its way to the driver. Not a record: it goes through the
 * serializer that the user has chosen, and Kryo cannot set the fields of records.
 */
final class AveragedChunk implements Serializable {
  private static final long serialVersionUID = 1L;

  private final PieceKey.Kind kind;
  private final int vector;
  private final int chunk;
  private final byte[] values;
  private final double[] squares;

  /**
   * @param values {@link Float32}; the chunk owns them
   * @param squares of {@link Drift#squares} where it is a chunk of the parameters, else empty
   */
  AveragedChunk(PieceKey.Kind kind, int vector, int chunk, byte[] values, double... squares) {
    this.kind = kind;
    this.vector = vector;
    this.chunk = chunk;
    this.values = values;
    this.squares = squares;
  }

  PieceKey.Kind kind() {
    return kind;
  }

  int vector() {
    return vector;
  }

  int chunk() {
    return chunk;
  }

  /** The values themselves; whoever receives the chunk owns them. */
  byte[] values() {
    return values;
  }

  /** The sums over the chunk's pieces that their drift is made of. */
  double[] squares() {
    return squares;
  }
}
