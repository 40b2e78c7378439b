package io.polyspark.prep.read;

import java.io.FilterInputStream;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.FSDataInputStream;

/**
 * A file's bytes as they lie there. Its failures are {@link StorageException}s, but for bytes that
 * are known not to be what was once written.
 */
final class StorageStream extends FilterInputStream {
  private final FSDataInputStream file;

  private StorageStream(FSDataInputStream file) {
    super(file);
    this.file = file;
  }

  static StorageStream open(InputFile file, Configuration configuration) throws IOException {
    return new StorageStream(InputFiles.fileSystem(file.path(), configuration).open(file.path()));
  }

  void seek(long position) throws StorageException {
    try {
      file.seek(position);
    } catch (IOException e) {
      throw new StorageException(e);
    }
  }

  long position() throws StorageException {
    try {
      return file.getPos();
    } catch (IOException e) {
      throw new StorageException(e);
    }
  }

  @Override
  public int read() throws IOException {
    try {
      return file.read();
    } catch (ChecksumException e) {
      throw e;
    } catch (IOException e) {
      throw new StorageException(e);
    }
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    try {
      return file.read(bytes, offset, length);
    } catch (ChecksumException e) {
      throw e;
    } catch (IOException e) {
      throw new StorageException(e);
    }
  }
}
