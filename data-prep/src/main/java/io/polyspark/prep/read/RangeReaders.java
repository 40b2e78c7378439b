package io.polyspark.prep.read;

import io.polyspark.prep.DocumentSeparator;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hadoop.conf.Configuration;

/** Opens a range of a file with the reader that its name and the options call for. */
final class RangeReaders {
  private RangeReaders() {}

  static DocumentReader open(InputRange range, ReadOptions options, Configuration configuration)
      throws IOException {
    InputFile file = range.file();
    Format format = file.format(options);
    if (format == Format.PARQUET) {
      return new ParquetRowReader(range, options, configuration);
    }
    Compression compression = file.compression();
    StorageStream stored = StorageStream.open(file, configuration);
    try {
      if (format == Format.WARC && compression == Compression.GZIP) {
        // A member a record, which the WARC reader itself wants to see.
        return new WarcDocumentReader(file, stored, options);
      }
      stored.seek(Math.max(0, range.start() - 1));
      InputStream text;
      try {
        text = compression.unpack(stored, configuration);
      } catch (IOException e) {
        StorageException.rethrow(e);
        stored.close();
        return new SingleResult(DamageReader.rejection(file, compression, 0, e));
      }
      if (format == Format.WARC) {
        return new WarcDocumentReader(file, text, options);
      }
      return new DamageReader(
          file, compression, reader(range, format, text, options, configuration));
    } catch (IOException | RuntimeException e) {
      stored.close();
      throw e;
    }
  }

  /**
   * A reader of text.
   *
   * @param text its bytes from the start of the range, or from the byte before it, by which a
   *     reader of lines sees whether a line starts with the range
   */
  private static PlacedReader reader(
      InputRange range,
      Format format,
      InputStream text,
      ReadOptions options,
      Configuration configuration)
      throws IOException {
    DocumentLimit limit = DocumentLimit.ofText(options);
    if (format == Format.JSON_LINES) {
      LineReader lines = new LineReader(text, range, limit);
      return new JsonLinesReader(range, lines, options, limit, configuration);
    }
    if (options.documentSeparator() == DocumentSeparator.BLANK_LINE) {
      return new BlankLineReader(range, new LineReader(text, range, limit), limit);
    }
    return new WholeFileReader(range.file(), text, limit);
  }
}
