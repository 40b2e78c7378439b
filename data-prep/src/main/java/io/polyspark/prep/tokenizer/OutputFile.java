package io.polyspark.prep.tokenizer;

import io.polyspark.model.config.UserError;
import io.polyspark.prep.read.InputFile;
import io.polyspark.prep.shard.PlainFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A file that appears whole or not at all: written under a temporary name beside the final one, and
 * renamed.
 */
final class OutputFile {
  private final FileSystem fs;
  private final Path target;

  /**
   * Checks the name.
   *
   * @throws UserError if something of this name exists, or its file system cannot be reached
   */
  OutputFile(String name, Configuration configuration) {
    try {
      Path path = new Path(name);
      this.fs = PlainFiles.open(path, configuration);
      this.target = fs.makeQualified(path);
    } catch (IOException | IllegalArgumentException e) {
      throw cannotWrite(name, e);
    }
    refuseExisting();
  }

  /** Writes the file, and makes the directories above it. */
  void write(byte[] bytes) {
    Path temporary =
        new Path(
            target.getParent(), "_" + target.getName() + "." + UUID.randomUUID() + ".incomplete");
    try {
      try {
        try (OutputStream out = fs.create(temporary, false)) {
          out.write(bytes);
        }
        refuseExisting();
        if (!fs.rename(temporary, target)) {
          throw new IOException("cannot rename " + temporary);
        }
      } finally {
        fs.delete(temporary, false);
      }
    } catch (IOException e) {
      throw cannotWrite(InputFile.display(target), e);
    }
  }

  private void refuseExisting() {
    boolean exists;
    try {
      exists = fs.exists(target);
    } catch (IOException e) {
      throw cannotWrite(InputFile.display(target), e);
    }
    if (exists) {
      throw UserError.of(
          "The output %s exists; remove it or name another with --output.",
          InputFile.display(target));
    }
  }

  private static UserError cannotWrite(String name, Exception e) {
    return new UserError("Cannot write to " + name + ": " + e.getMessage() + ".", e);
  }
}
