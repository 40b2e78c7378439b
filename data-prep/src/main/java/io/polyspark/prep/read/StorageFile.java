package io.polyspark.prep.read;

import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.io.DelegatingSeekableInputStream;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.SeekableInputStream;

/** A file as Parquet's library wants one. */
final class StorageFile implements InputFile {
  private final io.polyspark.prep.read.InputFile file;
  private final Configuration configuration;

  StorageFile(io.polyspark.prep.read.InputFile file, Configuration configuration) {
    this.file = file;
    this.configuration = configuration;
  }

  @Override
  public long getLength() {
    return file.length();
  }

  @Override
  public SeekableInputStream newStream() throws IOException {
    StorageStream stream = StorageStream.open(file, configuration);
    return new DelegatingSeekableInputStream(stream) {
      @Override
      public long getPos() throws IOException {
        return stream.position();
      }

      @Override
      public void seek(long position) throws IOException {
        stream.seek(position);
      }
    };
  }

  @Override
  public String toString() {
    return file.display();
  }
}
