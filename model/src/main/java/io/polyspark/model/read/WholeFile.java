package io.polyspark.model.read;

import io.polyspark.model.config.UserError;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** A small file, read whole: never more than its size at the start, and never more than a limit. */
public final class WholeFile {
  private WholeFile() {}

  /**
   * Reads a file of any file system.
   *
   * @param most the most bytes that a file of its kind has, see {@link ReadLimits}
   * @return its bytes, owned by the caller
   * @throws UserError if it has more
   * @throws FileNotFoundException if there is none, or a directory of its name
   */
  public static byte[] read(FileSystem fs, Path file, int most) throws IOException {
    FileStatus status = fs.getFileStatus(file);
    if (status.isDirectory()) {
      throw new FileNotFoundException(file + " is a directory");
    }
    requireSize(status.getLen(), most, file);
    try (InputStream in = fs.open(file)) {
      return in.readNBytes((int) status.getLen());
    }
  }

  /** As {@link #read(FileSystem, Path, int)}, a file of this machine. */
  public static byte[] read(java.nio.file.Path file, int most) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new FileNotFoundException(file.toString());
    }
    long size = Files.size(file);
    requireSize(size, most, file);
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes((int) size);
    }
  }

  /**
   * The text that bytes are.
   *
   * @param source where they come from, for the message
   * @throws UserError if they are not UTF-8
   */
  public static String utf8(byte[] bytes, Object source) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new UserError(source + " is not UTF-8 text: see whether it is the right file.", e);
    }
  }

  private static void requireSize(long size, int most, Object file) {
    if (size > most) {
      throw UserError.of(
          "%s has %d bytes, more than the %d that a file of its kind may have: see whether it is"
              + " the right file.",
          file, size, most);
    }
  }
}
