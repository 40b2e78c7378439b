package io.polyspark.prep.read;

import java.io.IOException;

/** Makes a file that breaks off, or is not what its name says, one rejection, and the end of it. */
final class DamageReader implements DocumentReader {
  private final InputFile file;
  private final Compression compression;
  private final PlacedReader reader;
  private boolean ended;

  DamageReader(InputFile file, Compression compression, PlacedReader reader) {
    this.file = file;
    this.compression = compression;
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
      StorageException.rethrow(e);
      ended = true;
      return rejection(file, compression, reader.position(), e);
    }
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }

  /** What is left of a file from a position on. */
  static Rejection rejection(
      InputFile file, Compression compression, long position, IOException e) {
    return new Rejection(
        compression.damage(),
        file.place(position),
        () ->
            String.format(
                "%s cannot be %s (%s)",
                file.display(),
                compression == Compression.NONE ? "read" : "decompressed as " + compression.title(),
                e.getMessage()));
  }
}
