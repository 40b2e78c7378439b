package io.polyspark.prep.read;

import io.polyspark.prep.DocumentSeparator;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.io.compress.GzipCodec;
import org.apache.hadoop.util.ReflectionUtils;

/** Opens a range of a file with the reader that its name and the options call for. */
final class RangeReaders {
  private RangeReaders() {}

  static DocumentReader open(InputRange range, ReadOptions options, Configuration configuration)
      throws IOException {
    InputStream bytes = bytes(range, configuration);
    DocumentReader reader;
    if (range.file().jsonLines()) {
      reader = new JsonLinesReader(range, new LineReader(bytes, range), configuration);
    } else if (options.documentSeparator() == DocumentSeparator.BLANK_LINE) {
      reader = new BlankLineReader(range, new LineReader(bytes, range));
    } else {
      reader = new WholeFileReader(range.file(), bytes);
    }
    return range.file().compressed() ? new GzipReader(range.file(), reader) : reader;
  }

  /**
   * The text's bytes from the start of a range, or from the byte before it, by which a reader of
   * lines sees whether a line starts with the range.
   */
  static InputStream bytes(InputRange range, Configuration configuration) throws IOException {
    FSDataInputStream in =
        range.file().path().getFileSystem(configuration).open(range.file().path());
    try {
      if (range.file().compressed()) {
        return ReflectionUtils.newInstance(GzipCodec.class, configuration).createInputStream(in);
      }
      in.seek(Math.max(0, range.start() - 1));
      return in;
    } catch (IOException | RuntimeException e) {
      in.close();
      throw e;
    }
  }

  /** Makes a file that breaks off, or is no gzip, one rejection, and the end of it. */
  private static final class GzipReader implements DocumentReader {
    private final InputFile file;
    private final DocumentReader reader;
    private boolean ended;

    GzipReader(InputFile file, DocumentReader reader) {
      this.file = file;
      this.reader = reader;
    }

    @Override
    public ReadResult next() throws IOException {
      if (ended) {
        return null;
      }
      try {
        return reader.next();
      } catch (IOException e) {
        ended = true;
        return new Rejection(
            Rejection.DAMAGED_GZIP,
            file.place(0),
            () -> file.display() + " cannot be decompressed as gzip (" + e.getMessage() + ")");
      }
    }

    @Override
    public void close() throws IOException {
      reader.close();
    }
  }
}
