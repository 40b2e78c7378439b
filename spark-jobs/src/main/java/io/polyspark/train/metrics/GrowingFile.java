package io.polyspark.train.metrics;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.IOUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that grows at its end, on any Hadoop file system. Where the file system appends (local,
 * HDFS), what is added is appended at once; where it does not (object stores), the file is written
 * anew when a tenth more has come together, at {@link #flush} and at the end, so that the cost
 * stays in proportion to its size.
 *
 * <p>What cannot be written, on a full disk or while a name node is away, waits in memory and is
 * written with what comes next. Thread safe.
 */
final class GrowingFile {
  private static final Logger LOG = LoggerFactory.getLogger(GrowingFile.class);

  private final FileSystem fs;
  private final Path file;
  private final Path temporary;
  private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
  private long length;
  private boolean appends = true;

  /** An append failed, so the file may have a part of it past {@code length}. */
  private boolean torn;

  /** Writes what a file begins with. */
  @FunctionalInterface
  interface Beginning {
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * @param file the file; it need not exist
   * @throws IOException if what a run left that died while it replaced the file cannot be put in
   *     its place
   */
  GrowingFile(FileSystem fs, Path file) throws IOException {
    // The checksummed local file system cannot append; the one beneath it can.
    this.fs = fs instanceof LocalFileSystem local ? local.getRawFileSystem() : fs;
    this.file = file;
    this.temporary = new Path(file.getParent(), "." + file.getName() + ".tmp");
    if (!this.fs.exists(file) && this.fs.exists(temporary)) {
      replace();
    }
  }

  /** The file system to read the file from. */
  FileSystem fileSystem() {
    return fs;
  }

  /** Whether there is a file yet. */
  boolean exists() throws IOException {
    return fs.exists(file);
  }

  /** Replaces the whole file; where that fails, the file stays as it was. */
  synchronized void begin(Beginning beginning) throws IOException {
    try (OutputStream out = fs.create(temporary, true)) {
      beginning.writeTo(out);
    } catch (IOException | RuntimeException e) {
      fs.delete(temporary, false);
      throw e;
    }
    replace();
    length = fs.getFileStatus(file).getLen();
  }

  /** Adds bytes that wait for {@link #grow} or {@link #flush}. */
  synchronized void add(byte[] bytes) {
    pending.writeBytes(bytes);
  }

  /** The bytes that were added and wait. */
  synchronized int waiting() {
    return pending.size();
  }

  /**
   * Writes what was added, where that is cheap; where it fails, it waits.
   *
   * @param what was added, for the log
   */
  synchronized void grow(String what) {
    if (appends || pending.size() >= length / 10) {
      try {
        flush();
      } catch (UncheckedIOException e) {
        LOG.warn("{} could not be written and waits for the next: {}", what, e.getMessage());
      }
    }
  }

  /**
   * Writes what was added.
   *
   * @throws UncheckedIOException if it cannot be written; it waits
   */
  synchronized void flush() {
    if (pending.size() == 0) {
      return;
    }
    try {
      boolean tryAppend = appends && !torn && length > 0;
      if (!tryAppend || !append()) {
        rewrite();
        if (tryAppend) {
          // Not an outage, which would have caught the rewrite as well.
          appends = false;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + file + ": " + e.getMessage(), e);
    } catch (FSError e) {
      // What Hadoop makes of a local disk that is full.
      throw new UncheckedIOException(
          "Cannot write " + file + ": " + e.getMessage(), new IOException(e));
    }
    torn = false;
    length += pending.size();
    pending.reset();
  }

  private boolean append() throws IOException {
    try (OutputStream out = fs.append(file)) {
      pending.writeTo(out);
      return true;
    } catch (UnsupportedOperationException | IOException | FSError e) {
      // Also a small HDFS whose replication asks for more data nodes than it has. What part of the
      // append got through lies past 'length', and the rewrite leaves it out.
      LOG.info("{} cannot be appended to ({}); it is rewritten instead", file, e.toString());
      torn = true;
      return false;
    }
  }

  private void rewrite() throws IOException {
    try (OutputStream out = fs.create(temporary, true)) {
      if (length > 0) {
        try (FSDataInputStream in = fs.open(file)) {
          IOUtils.copyBytes(in, out, length, false);
        }
      }
      pending.writeTo(out);
    }
    replace();
  }

  private void replace() throws IOException {
    fs.delete(file, false);
    if (!fs.rename(temporary, file)) {
      throw new IOException("Cannot rename " + temporary + " to " + file);
    }
  }
}
