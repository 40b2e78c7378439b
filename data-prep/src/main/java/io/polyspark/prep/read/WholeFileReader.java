package io.polyspark.prep.read;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** A text file as one document, to the byte. */
final class WholeFileReader implements DocumentReader {
  private static final int BUFFER = 1 << 16;

  private final InputFile file;
  private final InputStream in;
  private boolean done;

  WholeFileReader(InputFile file, InputStream in) {
    this.file = file;
    this.in = in;
  }

  @Override
  public ReadResult next() throws IOException {
    if (done) {
      return null;
    }
    done = true;
    byte[] bytes = bytes();
    int mark = Utf8.byteOrderMark(bytes);
    return Utf8.document(
        file, mark == 0 ? bytes : Arrays.copyOfRange(bytes, mark, bytes.length), mark);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  private byte[] bytes() throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    byte[] buffer = new byte[BUFFER];
    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
      DocumentLimit.check(file, (long) all.size() + count);
      all.write(buffer, 0, count);
    }
    return all.toByteArray();
  }
}
