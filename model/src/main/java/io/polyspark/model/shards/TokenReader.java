package io.polyspark.model.shards;

import io.polyspark.model.config.UserError;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * All tokens of a split from the first to the last, whatever files they lie in. One file is open at
 * a time. Not for use by several threads at once.
 */
public final class TokenReader implements AutoCloseable {
  private final FileSystem fs;
  private final Path data;
  private final Manifest manifest;
  private final TokenType type;
  private final List<Manifest.File> files;
  private int file = -1;
  private ShardFile open;
  private long next;

  /**
   * Starts before the first token; nothing is opened yet.
   *
   * @param data the directory of the manifest, or the manifest of a version
   * @param split one that the manifest has
   */
  public TokenReader(FileSystem fs, Path data, Manifest manifest, String split) {
    this.fs = fs;
    this.data = data;
    this.manifest = manifest;
    this.type = TokenType.ofDtype(manifest.dtype(), ManifestFiles.file(data));
    this.files = manifest.splits().get(split).files();
  }

  /**
   * Reads the next tokens, never of two files at once.
   *
   * @param into receives them from its start on
   * @return how many, at least 1; -1 after the last
   * @throws UserError naming a file that is missing, not what the manifest says, or holds an id
   *     that its vocabulary has not
   */
  public int read(int[] into) {
    while (open == null || next == files.get(file).tokens()) {
      close();
      if (file + 1 == files.size()) {
        return -1;
      }
      file++;
      next = 0;
      open = TokenShards.open(fs, data, files.get(file), type);
    }
    int count = (int) Math.min(into.length, files.get(file).tokens() - next);
    try {
      open.read(next, into, 0, count);
    } catch (EOFException e) {
      throw TokenShards.damaged(data, files.get(file), TokenShards.SHORTENED);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + files.get(file).name() + " of " + data, e);
    }
    TokenShards.requireIds(data, manifest, files.get(file), into, count);
    next += count;
    return count;
  }

  @Override
  public void close() {
    if (open == null) {
      return;
    }
    try {
      open.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot close a shard of " + data, e);
    } finally {
      open = null;
    }
  }
}
