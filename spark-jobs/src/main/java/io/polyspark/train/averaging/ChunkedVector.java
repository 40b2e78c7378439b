package io.polyspark.train.averaging;

import io.polyspark.model.tensor.FlatVector;
import java.nio.FloatBuffer;
import java.util.Objects;

/**
 * A vector on the driver's heap, one array of bytes ({@link Float32}) per chunk: parameters or a
 * moment between two rounds. Its chunks are handed to Spark's broadcasts without a copy, so a
 * vector that is part of a {@link RoundState} must not be written to any more.
 */
public final class ChunkedVector implements FlatVector {
  private final ChunkPlan plan;
  private final byte[][] chunks;

  /** A vector of zeros. */
  public ChunkedVector(ChunkPlan plan) {
    this.plan = plan;
    this.chunks = new byte[plan.chunks()][];
    for (int chunk = 0; chunk < chunks.length; chunk++) {
      chunks[chunk] = new byte[plan.size(chunk) * Float.BYTES];
    }
  }

  private ChunkedVector(ChunkPlan plan, byte[][] chunks) {
    this.plan = plan;
    this.chunks = chunks;
  }

  /** A copy of {@code vector} in chunks of {@code chunkSize} elements. */
  public static ChunkedVector copyOf(FlatVector vector, int chunkSize) {
    ChunkPlan plan = new ChunkPlan(vector.length(), chunkSize);
    ChunkedVector copy = awaiting(plan);
    for (int chunk = 0; chunk < plan.chunks(); chunk++) {
      float[] values = new float[plan.size(chunk)];
      vector.read(plan.offset(chunk), values, 0, values.length);
      copy.adopt(chunk, Float32.encode(values));
    }
    return copy;
  }

  /** A vector whose chunks are still to come, each once, through {@link #adopt}. */
  static ChunkedVector awaiting(ChunkPlan plan) {
    return new ChunkedVector(plan, new byte[plan.chunks()][]);
  }

  /** Takes {@code values} as chunk number {@code chunk}, without a copy. */
  void adopt(int chunk, byte[] values) {
    if (values.length != plan.size(chunk) * Float.BYTES) {
      throw new IllegalArgumentException(
          "Chunk "
              + chunk
              + " has "
              + plan.size(chunk)
              + " elements, not "
              + values.length / Float.BYTES);
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
      into.write(plan.offset(chunk), Float32.decode(chunks[chunk]), 0, plan.size(chunk));
    }
  }

  /** Chunk number {@code chunk} itself, not a copy: the caller reads it only. */
  byte[] chunk(int chunk) {
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
      FloatBuffer chunk = from(offset + done);
      int run = Math.min(count - done, chunk.remaining());
      chunk.get(into, at + done, run);
      done += run;
    }
  }

  @Override
  public void write(long offset, float[] from, int at, int count) {
    Objects.checkFromIndexSize(offset, (long) count, length());
    Objects.checkFromIndexSize(at, count, from.length);
    for (int done = 0; done < count; ) {
      FloatBuffer chunk = from(offset + done);
      int run = Math.min(count - done, chunk.remaining());
      chunk.put(from, at + done, run);
      done += run;
    }
  }

  /** The chunk with that element, from there on. */
  private FloatBuffer from(long element) {
    FloatBuffer chunk = Float32.view(chunks[(int) (element / plan.chunkSize())]);
    return chunk.position((int) (element % plan.chunkSize()));
  }
}
