package io.polyspark.train.averaging;

import io.polyspark.model.tensor.FlatVector;
import java.nio.FloatBuffer;
import java.util.BitSet;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A vector on the driver, an array of bytes ({@link Float32}) per chunk in a {@link ChunkStore}:
 * parameters or a moment between two rounds. Its chunks are handed to Spark's broadcasts without a
 * copy, so a vector that is part of a {@link RoundState} must not be written to any more.
 */
public final class ChunkedVector implements FlatVector {
  private final ChunkPlan plan;
  private final ChunkStore chunks;
  private final BitSet present;

  /** How many hold the vector; nobody may use it when nobody does. */
  private final AtomicInteger holders = new AtomicInteger(1);

  private ChunkedVector(ChunkPlan plan, ChunkStore chunks, boolean complete) {
    this.plan = plan;
    this.chunks = chunks;
    this.present = new BitSet(plan.chunks());
    if (complete) {
      present.set(0, plan.chunks());
    }
  }

  /** A vector of zeros in a store that nothing has been written to; the vector owns it. */
  static ChunkedVector zeros(ChunkPlan plan, ChunkStore store) {
    return new ChunkedVector(plan, store, true);
  }

  /** A copy of {@code vector} on the heap, in chunks of {@code chunkSize} elements. */
  public static ChunkedVector copyOf(FlatVector vector, int chunkSize) {
    ChunkPlan plan = new ChunkPlan(vector.length(), chunkSize);
    ChunkedVector copy = awaiting(plan, new HeapChunks(plan));
    for (int chunk = 0; chunk < plan.chunks(); chunk++) {
      float[] values = new float[plan.size(chunk)];
      vector.read(plan.offset(chunk), values, 0, values.length);
      copy.adopt(chunk, Float32.encode(values));
    }
    return copy;
  }

  /**
   * A vector whose chunks are still to come, each once, through {@link #adopt}.
   *
   * @param store of the vector, which owns it
   */
  static ChunkedVector awaiting(ChunkPlan plan, ChunkStore store) {
    return new ChunkedVector(plan, store, false);
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
    if (present.get(chunk)) {
      throw new IllegalStateException("Chunk " + chunk + " has come twice");
    }
    chunks.write(chunk, values);
    present.set(chunk);
  }

  /** Throws unless every chunk is there. */
  void requireComplete() {
    int missing = present.nextClearBit(0);
    if (missing < plan.chunks()) {
      throw new IllegalStateException("Chunk " + missing + " of " + plan.chunks() + " is missing");
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
    for (int chunk = 0; chunk < plan.chunks(); chunk++) {
      into.write(plan.offset(chunk), Float32.decode(chunk(chunk)), 0, plan.size(chunk));
    }
  }

  /** Chunk number {@code chunk}, which may be the vector's own: the caller reads it only. */
  byte[] chunk(int chunk) {
    return chunks.read(chunk);
  }

  /** Keeps the vector from being freed until {@link #release} has been called once more. */
  void retain() {
    holders.incrementAndGet();
  }

  /** Frees the vector when nobody else holds it; called once by whoever made or retained it. */
  void release() {
    if (holders.decrementAndGet() == 0) {
      chunks.close();
    }
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
      FloatBuffer rest = from(chunk(number(offset + done)), offset + done);
      int run = Math.min(count - done, rest.remaining());
      rest.get(into, at + done, run);
      done += run;
    }
  }

  @Override
  public void write(long offset, float[] from, int at, int count) {
    Objects.checkFromIndexSize(offset, (long) count, length());
    Objects.checkFromIndexSize(at, count, from.length);
    for (int done = 0; done < count; ) {
      int number = number(offset + done);
      byte[] chunk = chunk(number);
      FloatBuffer rest = from(chunk, offset + done);
      int run = Math.min(count - done, rest.remaining());
      rest.put(from, at + done, run);
      chunks.write(number, chunk);
      done += run;
    }
  }

  /** The number of the chunk with that element. */
  private int number(long element) {
    return (int) (element / plan.chunkSize());
  }

  /** The chunk with that element, from there on. */
  private FloatBuffer from(byte[] chunk, long element) {
    return Float32.view(chunk).position((int) (element % plan.chunkSize()));
  }
}
