package io.polyspark.prep.read;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;

/**
 * Text whose documents are separated by lines of nothing but ASCII white space. A document is the
 * lines between, without the last one's line end. It belongs to the range in which the blank line
 * before it starts (the first of a file, to the range at 0), so that tasks agree without asking.
 */
final class BlankLineReader implements PlacedReader {
  private final InputRange range;
  private final LineReader lines;
  private final DocumentLimit limit;
  private ByteArrayOutputStream document = new ByteArrayOutputStream();
  private long documentStart;
  private boolean started;
  private boolean tooLarge;
  private boolean ours;
  private boolean done;

  BlankLineReader(InputRange range, LineReader lines, DocumentLimit limit) {
    this.range = range;
    this.limit = limit;
    this.lines = lines;
    this.ours = range.start() == 0;
  }

  @Override
  public ReadResult next() throws IOException {
    while (!done) {
      byte[] line = lines.read();
      boolean blank = line == null || (!lines.tooLarge() && blank(line));
      if (!blank && ours) {
        add(line);
      } else if (!blank && lines.lineStart() >= range.end()) {
        done = true;
      } else if (blank) {
        done = line == null || lines.lineStart() >= range.end();
        ours = true;
        if (started) {
          started = false;
          return tooLarge ? reject() : take();
        }
      }
    }
    return null;
  }

  @Override
  public long position() {
    return started ? documentStart : lines.lineStart();
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }

  private void add(byte[] line) {
    int mark = lines.lineStart() == 0 ? Utf8.byteOrderMark(line) : 0;
    if (!started) {
      started = true;
      documentStart = lines.lineStart() + mark;
    }
    tooLarge |= lines.tooLarge() || (long) document.size() + line.length > limit.bytes();
    if (tooLarge) {
      document = new ByteArrayOutputStream();
    } else {
      document.write(line, mark, line.length - mark);
    }
  }

  private Rejection reject() {
    tooLarge = false;
    long start = documentStart;
    return limit.reject(
        range.file().place(start),
        () -> String.format("%s has a document at offset %d that", range.file().display(), start));
  }

  private ReadResult take() {
    byte[] bytes = document.toByteArray();
    document.reset();
    int length = bytes.length;
    if (bytes[length - 1] == '\n') {
      length--;
      if (length > 0 && bytes[length - 1] == '\r') {
        length--;
      }
    }
    return Utf8.document(range.file(), Arrays.copyOf(bytes, length), documentStart);
  }

  private static boolean blank(byte[] line) {
    for (byte value : line) {
      if (value != ' ' && (value < '\t' || value > '\r')) {
        return false;
      }
    }
    return true;
  }
}
