package io.polyspark.model.shards;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.hadoop.fs.FSDataInputStream;

/** A shard on any Hadoop file system, read by position. */
final class RemoteShardFile implements ShardFile {
  private final FSDataInputStream in;
  private final TokenType type;
  private final long offset;
  private ByteBuffer buffer = ByteBuffer.allocate(0);

  /**
   * Reads an open file.
   *
   * @param in closed with this shard
   * @param offset of the first id, in bytes
   */
  RemoteShardFile(FSDataInputStream in, TokenType type, long offset) {
    this.in = in;
    this.type = type;
    this.offset = offset;
  }

  @Override
  public void read(long first, int[] into, int at, int count) throws IOException {
    int size = Math.multiplyExact(count, type.bytes());
    if (buffer.capacity() < size) {
      buffer = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
    in.readFully(offset + first * type.bytes(), buffer.array(), 0, size);
    type.decode(buffer, 0, into, at, count);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
