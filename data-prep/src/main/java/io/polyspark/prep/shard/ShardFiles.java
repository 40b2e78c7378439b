package io.polyspark.prep.shard;

import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.ShardWriter;
import io.polyspark.model.shards.TokenType;
import io.polyspark.prep.tokenize.Side;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.TaskContext;

/**
 * Writes shard files from within tasks. A task writes under the name of its attempt and renames at
 * its end, so that one that runs twice leaves one whole file; both would write the same bytes.
 */
public final class ShardFiles {
  private static final String ATTEMPTS = "_attempts";
  private static final int BUFFER_BYTES = 1 << 16;

  private final FileSystem fs;
  private final Path directory;

  /** Files below a directory that {@link #prepare} made ready. */
  public ShardFiles(Path directory, Configuration configuration) throws IOException {
    this.fs = PlainFiles.open(directory, configuration);
    this.directory = directory;
  }

  /** Makes a directory ready for shards, on the driver. */
  public static void prepare(FileSystem fs, Path directory) throws IOException {
    fs.mkdirs(new Path(directory, ATTEMPTS));
    for (Side side : Side.values()) {
      fs.mkdirs(new Path(directory, side.directory()));
    }
  }

  /** Removes what attempts left, on the driver. */
  public static void finish(FileSystem fs, Path directory) throws IOException {
    fs.delete(new Path(directory, ATTEMPTS), true);
  }

  /**
   * Starts a file.
   *
   * @param name in the manifest, {@code train/00000.npy}
   * @param tokens how many will be written
   * @return to be closed, which removes a file that is not finished
   */
  public Writing start(String name, TokenType type, long tokens) throws IOException {
    return new Writing(name, type, tokens);
  }

  /** A file that is being written. */
  public final class Writing implements AutoCloseable {
    private final Path attempt;
    private final Path target;
    private final ShardWriter writer;

    private Writing(String name, TokenType type, long tokens) throws IOException {
      String attemptName = name.replace('/', '-') + "." + TaskContext.get().taskAttemptId();
      attempt = new Path(new Path(directory, ATTEMPTS), attemptName);
      target = new Path(directory, name);
      // Not recursive: a task that outlives its job must not bring a removed directory back.
      writer =
          new ShardWriter(
              fs.createNonRecursive(
                  attempt,
                  true,
                  BUFFER_BYTES,
                  fs.getDefaultReplication(attempt),
                  fs.getDefaultBlockSize(attempt),
                  null),
              name,
              type,
              tokens);
    }

    /** Writes encoded tokens. */
    public void write(byte[] encoded) throws IOException {
      writer.write(encoded, 0, encoded.length);
    }

    /** Ends the file and gives it its name. */
    public Manifest.File finish() throws IOException {
      Manifest.File file = writer.finish();
      writer.close();
      if (!fs.rename(attempt, target) && !fs.exists(target)) {
        throw new IOException("cannot rename " + attempt + " to " + target);
      }
      return file;
    }

    @Override
    public void close() throws IOException {
      try {
        writer.close();
      } finally {
        fs.delete(attempt, false);
      }
    }
  }
}
