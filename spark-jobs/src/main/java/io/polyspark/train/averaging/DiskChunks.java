package io.polyspark.train.averaging;

import io.polyspark.model.config.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Chunks in a file on a local disk, one after the other. The file has no name any more once it is
 * open, so that the system takes it back however the driver ends; it is as large as what was
 * written, and most of it stays in the system's cache where there is room.
 */
final class DiskChunks implements ChunkStore {
  private final ChunkPlan plan;
  private final Path directory;
  private final FileChannel file;

  /**
   * @throws UserError if there can be no file in the directory
   */
  DiskChunks(ChunkPlan plan, Path directory) {
    this.plan = plan;
    this.directory = directory;
    try {
      Files.createDirectories(directory);
      Path name =
          Files.createTempFile(
              directory,
              "vector",
              ".f32",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      try {
        file = FileChannel.open(name, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE));
      } finally {
        Files.delete(name);
      }
    } catch (IOException e) {
      throw cannotKeep(e);
    }
  }

  @Override
  public byte[] read(int chunk) {
    byte[] values = new byte[plan.size(chunk) * Float.BYTES];
    ByteBuffer buffer = ByteBuffer.wrap(values);
    try {
      // Beyond the end of the file lie chunks that were never written.
      while (buffer.hasRemaining() && file.read(buffer, position(chunk, buffer)) > 0) {}
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the driver's vectors in " + directory, e);
    }
    return values;
  }

  @Override
  public void write(int chunk, byte[] values) {
    ByteBuffer buffer = ByteBuffer.wrap(values);
    try {
      while (buffer.hasRemaining()) {
        file.write(buffer, position(chunk, buffer));
      }
    } catch (IOException e) {
      throw cannotKeep(e);
    }
  }

  private long position(int chunk, ByteBuffer buffer) {
    return plan.offset(chunk) * Float.BYTES + buffer.position();
  }

  private UserError cannotKeep(IOException cause) {
    return new UserError(
        String.format(
            "The driver cannot keep its vectors in %s (%s): free %.1f GB there for each, or set"
                + " spark.local.dir to a disk with more room, then go on with --resume.",
            directory, WriteAttempts.cause(cause), plan.length() * Float.BYTES * 1e-9),
        cause);
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot close the driver's vectors in " + directory, e);
    }
  }
}
