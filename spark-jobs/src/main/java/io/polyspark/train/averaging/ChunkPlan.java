package io.polyspark.train.averaging;

import java.io.Serializable;
import java.util.Objects;

/**
 * How a vector of {@code length} float32 elements is cut into chunks: all of {@code chunkSize}
 * elements but the last, which holds what is left. Everything that travels between driver and
 * executors travels as chunks, so the length of the whole is limited by nothing but memory; where
 * the cuts lie never changes a bit of the result, because averaging works element by element; only
 * {@link DeltaFormat#INT8} has a scale per chunk.
 *
 * @param length elements of the whole vector, at least 0
 * @param chunkSize elements of a chunk, in [1, {@link #MAX_CHUNK_SIZE}]
 */
public record ChunkPlan(long length, int chunkSize) implements Serializable {
  /** 4 MB a chunk: serialized, it fits one of the 4 MiB blocks that broadcasts travel in. */
  public static final int DEFAULT_CHUNK_SIZE = 1_000_000;

  /**
   * 16 MiB a chunk. A reduce task asks whether it has to spill once in 32 pieces, so that many must
   * fit an executor's memory.
   */
  public static final int MAX_CHUNK_SIZE = 1 << 22;

  /**
   * @throws IllegalArgumentException if the length is negative, the chunk size is out of range, or
   *     there would be more chunks than an int can count
   */
  public ChunkPlan {
    if (length < 0) {
      throw new IllegalArgumentException("A vector cannot have " + length + " elements");
    }
    if (chunkSize < 1 || chunkSize > MAX_CHUNK_SIZE) {
      throw new IllegalArgumentException(
          "The chunk size must be in [1, " + MAX_CHUNK_SIZE + "], not " + chunkSize);
    }
    if (count(length, chunkSize) > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          length + " elements in chunks of " + chunkSize + " are more chunks than 2^31 - 1");
    }
  }

  /** The number of chunks; 0 for an empty vector. */
  public int chunks() {
    return (int) count(length, chunkSize);
  }

  /** The first element of a chunk, counted in the whole vector. */
  public long offset(int chunk) {
    return (long) Objects.checkIndex(chunk, chunks()) * chunkSize;
  }

  /** The number of elements of a chunk. */
  public int size(int chunk) {
    return (int) Math.min(chunkSize, length - offset(chunk));
  }

  private static long count(long length, int chunkSize) {
    return length / chunkSize + (length % chunkSize == 0 ? 0 : 1);
  }
}
