package io.polyspark.train.averaging;

/**
 * Where the chunks of one vector lie on the driver, as {@link Float32} has them. Any number of
 * threads may read; while one writes, nobody else reads or writes the same chunk.
 */
interface ChunkStore extends AutoCloseable {
  /**
   * Chunk number {@code chunk}, zeros where it was never written. It may be the store's own array:
   * whoever writes to it hands it to {@link #write}.
   */
  byte[] read(int chunk);

  /** Takes {@code values}, which the store owns from then on, for chunk number {@code chunk}. */
  void write(int chunk, byte[] values);

  /** Frees what the chunks took. They are not used afterwards. */
  @Override
  void close();
}
