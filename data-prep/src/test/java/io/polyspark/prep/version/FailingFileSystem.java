package io.polyspark.prep.version;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FilterFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/** Lets some changes pass and none after them, as if the process had ended there. */
public final class FailingFileSystem extends FilterFileSystem {
  private int left;

  /**
   * Goes on to another file system.
   *
   * @param changes how many pass
   */
  public FailingFileSystem(FileSystem fs, int changes) {
    super(fs);
    this.left = changes;
  }

  /** Whether a change was refused. */
  public boolean hasFailed() {
    return left < 0;
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      FsPermission permission,
      boolean overwrite,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress)
      throws IOException {
    change();
    OutputStream out =
        super.create(path, permission, overwrite, bufferSize, replication, blockSize, progress);
    return new FSDataOutputStream(new FailingStream(out), null);
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    change();
    return super.rename(from, to);
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    change();
    return super.delete(path, recursive);
  }

  @Override
  public boolean mkdirs(Path path) throws IOException {
    change();
    return super.mkdirs(path);
  }

  private void change() throws IOException {
    if (left <= 0) {
      left = -1;
      throw new IOException("the process has ended");
    }
    left--;
  }

  /** That a file is whole is a change of its own. */
  private final class FailingStream extends FilterOutputStream {
    FailingStream(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int at, int length) throws IOException {
      out.write(bytes, at, length);
    }

    @Override
    public void close() throws IOException {
      super.close();
      change();
    }
  }
}
