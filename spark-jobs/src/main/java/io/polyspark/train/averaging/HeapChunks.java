package io.polyspark.train.averaging;

/** Chunks on the heap, an array each. */
final class HeapChunks implements ChunkStore {
  private final ChunkPlan plan;
  private final byte[][] chunks;

  HeapChunks(ChunkPlan plan) {
    this.plan = plan;
    this.chunks = new byte[plan.chunks()][];
  }

  @Override
  public byte[] read(int chunk) {
    return chunks[chunk] == null ? new byte[plan.size(chunk) * Float.BYTES] : chunks[chunk];
  }

  @Override
  public void write(int chunk, byte[] values) {
    chunks[chunk] = values;
  }

  /** Does nothing: the collector finds them. */
  @Override
  public void close() {}
}
