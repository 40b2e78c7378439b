package io.polyspark.prep.read;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;

/** Lines as bytes, each with its place in the file, from the first one that starts in a range. */
final class LineReader implements Closeable {
  private static final int BUFFER = 1 << 16;
  private static final byte[] NOTHING = {};

  private final InputRange range;
  private final InputStream in;
  private final long limit;
  private final byte[] buffer = new byte[BUFFER];
  private int position;
  private int filled;
  private long next;
  private long lineStart;
  private long lines;
  private boolean tooLarge;
  private boolean ended;

  /**
   * Stands before the first line of the range; nothing is read yet.
   *
   * @param in the bytes from {@code range.start() - 1}, or from 0; closed with this reader
   * @param limit bytes of the longest line that is kept
   */
  LineReader(InputStream in, InputRange range, DocumentLimit limit) {
    this.in = in;
    this.limit = limit.bytes();
    this.range = range;
    next = Math.max(0, range.start() - 1);
    lineStart = next;
  }

  /** The next line with its line feed, or without one at the end of the file; null after that. */
  byte[] read() throws IOException {
    if (next < range.start()) {
      skipLine();
    }
    lineStart = next;
    tooLarge = false;
    ByteArrayOutputStream line = null;
    boolean whole = false;
    while (!whole && !ended && (position < filled || fill())) {
      int length = lineLength();
      whole = buffer[position + length - 1] == '\n';
      if (line == null) {
        line = new ByteArrayOutputStream(length);
      }
      if (line.size() + (long) length > limit) {
        tooLarge = true;
        line = new ByteArrayOutputStream(0);
      }
      if (!tooLarge) {
        line.write(buffer, position, length);
      }
      position += length;
      next += length;
    }
    if (line == null) {
      return null;
    }
    lines++;
    return tooLarge ? NOTHING : line.toByteArray();
  }

  /** Whether the line that was read last is longer than the limit; its bytes are not kept. */
  boolean tooLarge() {
    return tooLarge;
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

  /** Goes past the next line feed; not past the range, in which no line starts then. */
  private void skipLine() throws IOException {
    boolean whole = false;
    while (!whole && next < range.end() && (position < filled || fill())) {
      int length = lineLength();
      whole = buffer[position + length - 1] == '\n';
      position += length;
      next += length;
    }
    ended = !whole;
  }

  /** Bytes of the buffer up to a line feed, it included, or to the end. */
  private int lineLength() {
    int end = position;
    while (end < filled && buffer[end] != '\n') {
      end++;
    }
    return (end < filled ? end + 1 : end) - position;
  }

  private boolean fill() throws IOException {
    position = 0;
    // Where reading fails nothing is left of what was read before.
    filled = 0;
    filled = Math.max(0, in.read(buffer, 0, buffer.length));
    return filled > 0;
  }
}
