package io.polyspark.prep.read;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;

/**
 * Text whose documents are separated by lines of nothing but ASCII white space. A document is the
 * lines between, without the last one's line end. It belongs to the range in which the blank line
 * before it starts (the first of a file, to the range at 0), so that tasks agree without asking.
 */
final class BlankLineReader implements DocumentReader {
  private final InputRange range;
  private final LineReader lines;
  private final ByteArrayOutputStream document = new ByteArrayOutputStream();
  private long documentStart;
  private boolean ours;
  private boolean done;

  BlankLineReader(InputRange range, LineReader lines) {
    this.range = range;
    this.lines = lines;
    this.ours = range.start() == 0;
  }

  @Override
  public ReadResult next() throws IOException {
    while (!done) {
      byte[] line = lines.read();
      boolean blank = line == null || blank(line);
      if (!blank && ours) {
        add(line);
      } else if (!blank && lines.lineStart() >= range.end()) {
        done = true;
      } else if (blank) {
        done = line == null || lines.lineStart() >= range.end();
        ours = true;
        if (document.size() > 0) {
          return take();
        }
      }
    }
    return null;
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }

  private void add(byte[] line) {
    int mark = lines.lineStart() == 0 ? Utf8.byteOrderMark(line) : 0;
    if (document.size() == 0) {
      documentStart = lines.lineStart() + mark;
    }
    DocumentLimit.check(range.file(), (long) document.size() + line.length);
    document.write(line, mark, line.length - mark);
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
