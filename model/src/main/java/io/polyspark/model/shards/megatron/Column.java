package io.polyspark.model.shards.megatron;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.hadoop.fs.FSDataInputStream;

/** Numbers that lie one after the other in an index, read in blocks as they are asked for. */
final class Column {
  private static final int BLOCK = 1 << 16;

  private final FSDataInputStream in;
  private final long offset;
  private final long count;
  private final int width;
  private ByteBuffer block = ByteBuffer.allocate(0);
  private long first;

  /**
   * Reads nothing yet.
   *
   * @param offset of the first number in bytes
   * @param count of numbers
   * @param width 4 or 8 bytes, signed and little endian
   */
  Column(FSDataInputStream in, long offset, long count, int width) {
    this.in = in;
    this.offset = offset;
    this.count = count;
    this.width = width;
  }

  /** How many numbers there are. */
  long count() {
    return count;
  }

  /** A number; those that follow come fast. */
  long at(long index) throws IOException {
    if (index < 0 || index >= count) {
      throw new IndexOutOfBoundsException("number " + index + " of " + count);
    }
    if (index < first || index >= first + block.limit() / width) {
      load(index);
    }
    int at = (int) (index - first) * width;
    return width == Long.BYTES ? block.getLong(at) : block.getInt(at);
  }

  private void load(long index) throws IOException {
    int bytes = (int) Math.min(BLOCK, (count - index) * width);
    if (block.capacity() < bytes) {
      block = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
    // Empty until it is filled, should the file end before.
    block.limit(0);
    in.readFully(offset + index * width, block.array(), 0, bytes);
    block.limit(bytes);
    first = index;
  }
}
