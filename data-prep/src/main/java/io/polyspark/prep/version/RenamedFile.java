package io.polyspark.prep.version;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.UUID;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;

/** Files that appear whole: written under a temporary name beside the final one, then renamed. */
final class RenamedFile {
  private static final String SUFFIX = ".incomplete";

  private RenamedFile() {}

  /** Whether a name is that of something that was not written to its end. */
  static boolean isTemporary(String name) {
    return name.startsWith("_") && name.endsWith(SUFFIX);
  }

  /** Writes a file of a name that nothing has yet, and makes the directories above it. */
  static void create(FileSystem fs, Path file, byte[] bytes) throws IOException {
    write(fs, file, bytes, Options.Rename.NONE);
  }

  /** Puts a file in the place of another, or of none. */
  static void replace(FileSystem fs, Path file, byte[] bytes) throws IOException {
    write(fs, file, bytes, Options.Rename.OVERWRITE);
  }

  private static void write(FileSystem fs, Path file, byte[] bytes, Options.Rename how)
      throws IOException {
    Path target = fs.makeQualified(file);
    Path temporary =
        new Path(target.getParent(), "_" + target.getName() + "." + UUID.randomUUID() + SUFFIX);
    boolean renamed = false;
    try {
      try (FSDataOutputStream out = fs.create(temporary, false)) {
        out.write(bytes);
        // A machine without power must not lose what a rename has made current.
        out.hsync();
      }
      rename(fs, temporary, target, how);
      renamed = true;
    } finally {
      if (!renamed) {
        fs.delete(temporary, false);
      }
    }
  }

  /**
   * In one step on HDFS, by FileContext, since FileSystem.rename does not overwrite there, and on
   * local disks, by the JDK, since FileContext removes there before it renames. On object stores
   * there is no such step.
   */
  private static void rename(FileSystem fs, Path from, Path to, Options.Rename how)
      throws IOException {
    if (fs.getUri().getScheme().equals("file") && how == Options.Rename.OVERWRITE) {
      Files.move(
          java.nio.file.Path.of(from.toUri().getPath()),
          java.nio.file.Path.of(to.toUri().getPath()),
          StandardCopyOption.ATOMIC_MOVE);
      return;
    }
    FileContext context;
    try {
      context = FileContext.getFileContext(fs.getUri(), fs.getConf());
    } catch (UnsupportedFileSystemException e) {
      renameInSteps(fs, from, to, how);
      return;
    }
    context.rename(from, to, how);
  }

  /** A crash in between leaves no manifest.json, which rolling back to a version brings back. */
  private static void renameInSteps(FileSystem fs, Path from, Path to, Options.Rename how)
      throws IOException {
    if (how == Options.Rename.OVERWRITE) {
      fs.delete(to, false);
    }
    if (!fs.rename(from, to)) {
      throw new IOException("cannot rename " + from + " to " + to);
    }
  }
}
