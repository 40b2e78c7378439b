package io.polyspark.model.read;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;

/** The lines of a file as bytes, without their ends, up to a length. */
public final class BoundedLines implements Closeable {
  private static final int BUFFER = 1 << 13;

  private final InputStream in;
  private final int most;
  private final byte[] buffer = new byte[BUFFER];
  private int position;
  private int limit;
  private long number;
  private boolean cut;

  /**
   * @param in closed with this
   * @param most the longest line, in bytes
   */
  public BoundedLines(InputStream in, int most) {
    this.in = in;
    this.most = most;
  }

  /**
   * The next line, or null after the last. A longer line than is allowed comes {@linkplain #isCut
   * cut}, and what is left of it is passed over.
   */
  public byte[] read() throws IOException {
    cut = false;
    if (position == limit && !fill()) {
      return null;
    }
    number++;
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    do {
      int end = position;
      while (end < limit && buffer[end] != '\n') {
        end++;
      }
      int kept = Math.min(end - position, most - line.size());
      cut |= kept < end - position;
      line.write(buffer, position, kept);
      position = end;
      if (end < limit) {
        position++;
        break;
      }
    } while (fill());
    return line.toByteArray();
  }

  /** Whether the line that was read last was too long. */
  public boolean isCut() {
    return cut;
  }

  /** The number of the line that was read last, from 1. */
  public long number() {
    return number;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  private boolean fill() throws IOException {
    position = 0;
    limit = Math.max(0, in.read(buffer, 0, buffer.length));
    return limit > 0;
  }
}
