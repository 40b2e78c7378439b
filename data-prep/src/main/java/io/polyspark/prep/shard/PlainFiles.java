package io.polyspark.prep.shard;

import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;

/**
 * File systems without Hadoop's hidden {@code .crc} files on local disks: the manifest has sums of
 * its own, and a file that a person edits stays readable.
 */
public final class PlainFiles {
  private PlainFiles() {}

  /** The file system of a path. */
  public static FileSystem open(Path path, Configuration configuration) throws IOException {
    FileSystem fs = path.getFileSystem(configuration);
    return fs instanceof LocalFileSystem local ? local.getRaw() : fs;
  }
}
