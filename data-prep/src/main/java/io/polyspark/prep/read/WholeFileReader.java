package io.polyspark.prep.read;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** A text file as one document, to the byte. */
final class WholeFileReader implements PlacedReader {
  private static final int BUFFER = 1 << 16;

  private final InputFile file;
  private final InputStream in;
  private final DocumentLimit limit;
  private boolean done;

  WholeFileReader(InputFile file, InputStream in, DocumentLimit limit) {
    this.file = file;
    this.limit = limit;
    this.in = in;
  }

  @Override
  public ReadResult next() throws IOException {
    if (done) {
      return null;
    }
    done = true;
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    byte[] buffer = new byte[BUFFER];
    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
      if ((long) all.size() + count > limit.bytes()) {
        return limit.reject(file.place(0), file::display);
      }
      all.write(buffer, 0, count);
    }
    byte[] bytes = all.toByteArray();
    int mark = Utf8.byteOrderMark(bytes);
    return Utf8.document(
        file, mark == 0 ? bytes : Arrays.copyOfRange(bytes, mark, bytes.length), mark);
  }

  @Override
  public long position() {
    return 0;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
