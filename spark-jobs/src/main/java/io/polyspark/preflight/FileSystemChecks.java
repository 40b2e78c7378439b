package io.polyspark.preflight;

import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.Manifest;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Checks of file systems, with clients of their own: Hadoop would keep them for the run, whose
 * clients wait for a name node, while a wrong address is to be said at once.
 */
final class FileSystemChecks {
  private FileSystemChecks() {}

  /** Whether a directory is there, can be listed, and has the manifest of token shards. */
  static Finding readable(String check, Path path, Configuration hadoop) {
    try (FileSystem fs = FileSystem.newInstance(path.toUri(), hadoop)) {
      fs.listStatus(path);
      Manifest manifest = Manifest.read(fs, path);
      return Finding.ok(
          check,
          "%s can be read, a vocabulary of %d",
          fs.makeQualified(path),
          manifest.tokenizer().vocabSize());
    } catch (UserError e) {
      return Finding.fail(check, "%s", e.getMessage());
    } catch (FileNotFoundException e) {
      return Finding.fail(
          check,
          "%s is not there, seen from this machine: give a place that the driver and all executors"
              + " share.",
          path);
    } catch (IOException | IllegalArgumentException e) {
      return Finding.fail(
          check,
          "%s cannot be read (%s): see whether its address is right and you may read it.",
          path,
          cause(e));
    }
  }

  /**
   * Whether files can be made, renamed and deleted where a directory is or would be. Leaves nothing
   * behind.
   */
  static Finding writable(String check, Path path, Configuration hadoop) {
    try (FileSystem fs = FileSystem.newInstance(path.toUri(), hadoop)) {
      Path place = existing(fs, fs.makeQualified(path));
      Path directory = new Path(place, ".polyspark-doctor-" + UUID.randomUUID());
      try {
        writeRenameDelete(fs, directory);
      } finally {
        fs.delete(directory, true);
      }
      return Finding.ok(
          check, "%s: a file was made, renamed and deleted in %s", fs.makeQualified(path), place);
    } catch (IOException | IllegalArgumentException e) {
      return Finding.fail(
          check,
          "%s cannot be written (%s): see whether its address is right and you may write there.",
          path,
          cause(e));
    }
  }

  private static void writeRenameDelete(FileSystem fs, Path directory) throws IOException {
    Path written = new Path(directory, "written");
    Path renamed = new Path(directory, "renamed");
    fs.mkdirs(directory);
    fs.create(written, false).close();
    if (!fs.rename(written, renamed) || !fs.exists(renamed)) {
      throw new IOException("files cannot be renamed there");
    }
    if (!fs.delete(renamed, false)) {
      throw new IOException("files cannot be deleted there");
    }
  }

  /** The directory itself, or the nearest above it that is there. */
  private static Path existing(FileSystem fs, Path path) throws IOException {
    Path at = path;
    while (!fs.exists(at) && at.getParent() != null) {
      at = at.getParent();
    }
    return at;
  }

  /** Hadoop goes on with the address of its wiki, and takes an unknown host for an argument. */
  private static String cause(Exception failure) {
    String message = failure.getMessage();
    return message == null ? failure.toString() : message.replaceFirst("(?s)[;\\n].*", "");
  }
}
