package io.polyspark.prep.read;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;

/** Lines as bytes, each with its place in the file, from the first one that starts in a range. */
final class LineReader implements Closeable {
  private static final int BUFFER = 1 << 16;

  private final InputFile file;
  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER];
  private int position;
  private int limit;
  private long next;
  private long lineStart;
  private long lines;

  /**
   * Goes to the first line of the range.
   *
   * @param in the bytes from {@code range.start() - 1}, or from 0; closed with this reader
   */
  LineReader(InputStream in, InputRange range) throws IOException {
    this.file = range.file();
    this.in = in;
    if (range.start() > 0) {
      next = range.start() - 1;
      read();
      lines = 0;
    }
  }

  /** The next line with its line feed, or without one at the end of the file; null after that. */
  byte[] read() throws IOException {
    lineStart = next;
    ByteArrayOutputStream line = null;
    while (true) {
      if (position == limit && !fill()) {
        if (line == null) {
          return null;
        }
        return ended(line.toByteArray());
      }
      int end = position;
      while (end < limit && buffer[end] != '\n') {
        end++;
      }
      boolean whole = end < limit;
      int length = (whole ? end + 1 : end) - position;
      if (line == null) {
        line = new ByteArrayOutputStream(length);
      }
      DocumentLimit.check(file, (long) line.size() + length);
      line.write(buffer, position, length);
      position += length;
      if (whole) {
        return ended(line.toByteArray());
      }
    }
  }

  /** Where the line that was read last starts, in bytes of uncompressed text. */
  long lineStart() {
    return lineStart;
  }

  /** Lines read since the start of the range. */
  long lines() {
    return lines;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  private byte[] ended(byte[] line) {
    next += line.length;
    lines++;
    return line;
  }

  private boolean fill() throws IOException {
    position = 0;
    // Where reading fails nothing is left of what was read before.
    limit = 0;
    limit = Math.max(0, in.read(buffer, 0, buffer.length));
    return limit > 0;
  }
}
