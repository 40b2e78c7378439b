package io.polyspark.prep.read;

import java.io.Serializable;
import java.util.Locale;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * One file of the input.
 *
 * @param uri its path with its file system
 * @param length in bytes, compressed as it lies there
 * @param modificationTime when it was written, milliseconds since 1970; 0 where that is not known
 */
public record InputFile(String uri, long length, long modificationTime) implements Serializable {
  InputFile(FileStatus status) {
    this(status.getPath().toString(), status.getLen(), status.getModificationTime());
  }

  /** A file that was written at an unknown time. */
  public InputFile(String uri, long length) {
    this(uri, length, 0);
  }

  /** One line that another line of the same file differs from, once it has been written again. */
  public String identity() {
    return length + " " + modificationTime + " " + uri;
  }

  /** Its path. */
  public Path path() {
    return new Path(uri);
  }

  /** The place of a document in it. */
  Place place(long position) {
    return new Place(uri, position);
  }

  Compression compression() {
    return Compression.of(path().getName());
  }

  Format format(ReadOptions options) {
    if (options.format() != Format.AUTO) {
      return options.format();
    }
    return Format.ofName(compression().strip(path().getName()).toLowerCase(Locale.ROOT));
  }

  /** As a person would type it. */
  String display() {
    return display(path());
  }

  /** A path as a person would type it. */
  public static String display(Path path) {
    return "file".equals(path.toUri().getScheme()) ? path.toUri().getPath() : path.toString();
  }
}
