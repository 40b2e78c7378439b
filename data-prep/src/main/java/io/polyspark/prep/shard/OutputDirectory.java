package io.polyspark.prep.shard;

import io.polyspark.model.config.UserError;
import io.polyspark.prep.read.InputFile;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.UUID;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.util.ShutdownHookManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory that appears whole or not at all: it is filled under a temporary name beside the
 * final one and renamed last. Closed without that, or when the process is ended from outside, it is
 * removed, together with parents that were made for it.
 */
public final class OutputDirectory implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OutputDirectory.class);

  private static final String INCOMPLETE = ".incomplete";

  private final FileSystem fs;
  private final Path target;
  private final Path temporary;
  private final ArrayDeque<Path> madeParents = new ArrayDeque<>();
  private final Runnable removal = this::remove;
  private boolean committed;

  /**
   * Makes the temporary directory.
   *
   * @param target the final name
   * @throws UserError if the target exists or cannot be made
   */
  public OutputDirectory(FileSystem fs, Path target) {
    this(fs, target, target.getParent());
  }

  /**
   * As the other, with the temporary directory in a place that the caller clears of those that
   * ended runs have left ({@link #removeLeft}).
   *
   * @param place on the same file system
   */
  public OutputDirectory(FileSystem fs, Path target, Path place) {
    this.fs = fs;
    this.target = target;
    refuseExisting(fs, target);
    this.temporary = new Path(place, "_" + target.getName() + "." + UUID.randomUUID() + INCOMPLETE);
    ShutdownHookManager.get().addShutdownHook(removal, FileSystem.SHUTDOWN_HOOK_PRIORITY + 1);
    try {
      for (Path parent = target.getParent();
          parent != null && !fs.exists(parent);
          parent = parent.getParent()) {
        madeParents.addLast(parent);
      }
      if (!fs.mkdirs(temporary)) {
        throw new IOException("it could not be made");
      }
    } catch (IOException e) {
      close();
      throw new UserError(
          "Cannot write to " + InputFile.display(target) + ": " + e.getMessage() + ".", e);
    }
  }

  /** Removes all temporary directories in a place that nobody else writes to. */
  public static void removeLeft(FileSystem fs, Path place) throws IOException {
    for (FileStatus status : fs.listStatus(place)) {
      if (status.getPath().getName().endsWith(INCOMPLETE)) {
        fs.delete(status.getPath(), true);
      }
    }
  }

  /** Where to write until the commit. */
  public Path path() {
    return temporary;
  }

  /** Gives the directory its final name. */
  public void commit() throws IOException {
    refuseExisting(fs, target);
    if (!fs.rename(temporary, target)) {
      throw new IOException("cannot rename " + temporary + " to " + target);
    }
    committed = true;
  }

  @Override
  public void close() {
    ShutdownHookManager hooks = ShutdownHookManager.get();
    if (!hooks.isShutdownInProgress()) {
      hooks.removeShutdownHook(removal);
    }
    if (!committed) {
      remove();
    }
  }

  /**
   * Says early what making the directory would say.
   *
   * @throws UserError if there is something of that name
   */
  public static void refuseExisting(FileSystem fs, Path target) {
    boolean exists;
    try {
      exists = fs.exists(target);
    } catch (IOException e) {
      throw new UserError(
          "Cannot write to " + InputFile.display(target) + ": " + e.getMessage() + ".", e);
    }
    if (exists) {
      throw UserError.of(
          "The output directory %s exists; remove it or name another with --output.",
          InputFile.display(target));
    }
  }

  private void remove() {
    try {
      fs.delete(temporary, true);
      while (!madeParents.isEmpty()) {
        Path parent = madeParents.removeFirst();
        if (fs.exists(parent) && fs.listStatus(parent).length == 0) {
          fs.delete(parent, false);
        }
      }
    } catch (IOException e) {
      LOG.warn("Cannot remove {}, which is incomplete; remove it by hand", temporary, e);
    }
  }
}
