package io.polyspark.model.shards;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A local shard, read by position into a buffer that is used again. It is not mapped into memory: a
 * mapped file that somebody cuts short ends the JVM.
 */
final class LocalShardFile implements ShardFile {
  private final FileChannel channel;
  private final TokenType type;
  private final long offset;
  private ByteBuffer buffer = ByteBuffer.allocateDirect(0);

  /**
   * Opens a file.
   *
   * @param offset of the first id, in bytes
   */
  LocalShardFile(Path file, TokenType type, long offset) throws IOException {
    this.channel = FileChannel.open(file, StandardOpenOption.READ);
    this.type = type;
    this.offset = offset;
  }

  @Override
  public void read(long first, int[] into, int at, int count) throws IOException {
    int size = Math.multiplyExact(count, type.bytes());
    if (buffer.capacity() < size) {
      buffer = ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN);
    }
    buffer.clear().limit(size);
    long start = offset + first * type.bytes();
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, start + buffer.position()) < 0) {
        throw new EOFException("the file ends before byte " + (start + size));
      }
    }
    type.decode(buffer, 0, into, at, count);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
