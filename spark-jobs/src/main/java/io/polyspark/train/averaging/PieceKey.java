package io.polyspark.train.averaging;

import java.io.Serializable;
import java.util.Comparator;

/**
 * What names a piece of what a replica sends through the shuffle. Sorted by it, the W pieces of a
 * chunk follow one another in replica order, whatever order they arrived in.
 *
 * @param kind what the piece is part of
 * @param vector which vector of that kind, from 0
 * @param chunk which chunk of the vector, from 0; 0 for a report
 * @param replica who sends it, from 0
 */
record PieceKey(Kind kind, int vector, int chunk, int replica)
    implements Comparable<PieceKey>, Serializable {

  /** What a piece, or a chunk that the averaging gives, is part of. */
  enum Kind {
    /** A replica's {@link Outcome}. */
    REPORT((byte) 'r'),
    /** In: theta_r - theta_w as {@link Deltas} has it. Out: theta_{r+1}. */
    PARAMETERS((byte) 'p'),
    /** A vector of the replicas' optimizer state. In: a replica's. Out: the mean. */
    OPTIMIZER_STATE((byte) 'i'),
    /** A vector of the outer optimizer's state. Out only. */
    OUTER_STATE((byte) 'o');

    private final byte code;

    Kind(byte code) {
      this.code = code;
    }

    /** The byte that stands for it in the shuffle. */
    byte code() {
      return code;
    }

    static Kind of(byte code) {
      for (Kind kind : values()) {
        if (kind.code == code) {
          return kind;
        }
      }
      throw new IllegalArgumentException("No kind of piece has the code " + code);
    }
  }

  private static final Comparator<PieceKey> ORDER =
      Comparator.comparing(PieceKey::kind)
          .thenComparingInt(PieceKey::vector)
          .thenComparingInt(PieceKey::chunk)
          .thenComparingInt(PieceKey::replica);

  /** Whether {@code other} is the same chunk of another replica, or the same piece. */
  boolean sameChunk(PieceKey other) {
    return kind == other.kind && vector == other.vector && chunk == other.chunk;
  }

  @Override
  public int compareTo(PieceKey other) {
    return ORDER.compare(this, other);
  }
}
