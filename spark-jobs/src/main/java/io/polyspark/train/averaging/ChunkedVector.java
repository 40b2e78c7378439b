package io.polyspark.train.averaging;

import io.polyspark.model.tensor.FlatVector;
import java.util.Objects;

/**
 * A vector on the driver's heap, one array per chunk: parameters or a moment between two rounds.
 * Its chunks are handed to Spark's broadcasts without a copy, so a vector that is part of a {@link
 * RoundState} must not be written to any more.
 */
public final class ChunkedVector implements FlatVector {
  private final ChunkPlan plan;
  private final float[][] chunks;

  /** A vector of zeros. */
  public ChunkedVector(ChunkPlan plan) {
    this.plan = plan;
    this.chunks = new float[plan.chunks()][];
    for (int chunk = 0; chunk < chunks.length; chunk++) {
      chunks[chunk] = new float[plan.size(chunk)];
    }
  }

  private ChunkedVector(ChunkPlan plan, float[][] chunks) {
    this.plan = plan;
    this.chunks = chunks;
  }

  /** A copy of {@code vector} in chunks of {@code chunkSize} elements. */
  public static ChunkedVector copyOf(FlatVector vector, int chunkSize) {
    ChunkedVector copy = new ChunkedVector(new ChunkPlan(vector.length(), chunkSize));
    for (int chunk = 0; chunk < copy.chunks.length; chunk++) {
      float[] values = copy.chunks[chunk];
      vector.read(copy.plan.offset(chunk), values, 0, values.length);
    }
    return copy;
  }

  /** A vector whose chunks are still to come, each once, through {@link #adopt}. */
  static ChunkedVector awaiting(ChunkPlan plan) {
    return new ChunkedVector(plan, new float[plan.chunks()][]);
  }

  /** Takes {@code values} as chunk number {@code chunk}, without a copy. */
  void adopt(int chunk, float[] values) {
    if (values.length != plan.size(chunk)) {
      throw new IllegalArgumentException(
          "Chunk " + chunk + " has " + plan.size(chunk) + " elements, not " + values.length);
    }
    if (chunks[chunk] != null) {
      throw new IllegalStateException("Chunk " + chunk + " has come twice");
    }
    chunks[chunk] = values;
  }

  /** Throws unless every chunk is there. */
  void requireComplete() {
    for (int chunk = 0; chunk < chunks.length; chunk++) {
      if (chunks[chunk] == null) {
        throw new IllegalStateException("Chunk " + chunk + " of " + chunks.length + " is missing");
      }
    }
  }

  /** How the vector is cut. */
  public ChunkPlan plan() {
    return plan;
  }

  /**
   * Copies all elements into {@code into}.
   *
   * @throws IllegalArgumentException if the lengths differ
   */
  public void copyTo(FlatVector into) {
    if (into.length() != length()) {
      throw new IllegalArgumentException(
          length() + " elements cannot be copied to a vector of " + into.length());
    }
    for (int chunk = 0; chunk < chunks.length; chunk++) {
      into.write(plan.offset(chunk), chunks[chunk], 0, chunks[chunk].length);
    }
  }

  /** Chunk number {@code chunk} itself, not a copy: the caller reads it only. */
  float[] chunk(int chunk) {
    return chunks[chunk];
  }

  @Override
  public long length() {
    return plan.length();
  }

  @Override
  public void read(long offset, float[] into, int at, int count) {
    Objects.checkFromIndexSize(offset, (long) count, length());
    Objects.checkFromIndexSize(at, count, into.length);
    for (int done = 0; done < count; ) {
      float[] chunk = chunks[chunkOf(offset + done)];
      int from = inChunk(offset + done);
      int run = Math.min(count - done, chunk.length - from);
      System.arraycopy(chunk, from, into, at + done, run);
      done += run;
    }
  }

  @Override
  public void write(long offset, float[] from, int at, int count) {
    Objects.checkFromIndexSize(offset, (long) count, length());
    Objects.checkFromIndexSize(at, count, from.length);
    for (int done = 0; done < count; ) {
      float[] chunk = chunks[chunkOf(offset + done)];
      int to = inChunk(offset + done);
      int run = Math.min(count - done, chunk.length - to);
      System.arraycopy(from, at + done, chunk, to, run);
      done += run;
    }
  }

  private int chunkOf(long element) {
    return (int) (element / plan.chunkSize());
  }

  private int inChunk(long element) {
    return (int) (element % plan.chunkSize());
  }
}
