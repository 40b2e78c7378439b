package io.polyspark.model.shards;

import io.polyspark.model.tokenize.Sha256;
import java.io.IOException;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.util.HexFormat;

/**
 * Writes one shard as a {@code .npy} file, its SHA-256 taken as the bytes pass. The number of
 * tokens must be known ahead, since file systems such as HDFS cannot go back to a header.
 */
public final class ShardWriter implements AutoCloseable {
  private final DigestOutputStream out;
  private final String name;
  private final TokenType type;
  private final long tokens;
  private long written;

  /**
   * Writes the header.
   *
   * @param out receives the file; closed with this writer
   * @param name of the file in the manifest
   * @param tokens how many will be written
   */
  public ShardWriter(OutputStream out, String name, TokenType type, long tokens)
      throws IOException {
    this.out = new DigestOutputStream(out, Sha256.digest());
    this.name = name;
    this.type = type;
    this.tokens = tokens;
    this.out.write(new NpyHeader(type.dtype(), tokens).toBytes());
  }

  /**
   * Writes ids that {@link TokenType#encode} has made bytes.
   *
   * @param length in bytes, of whole ids
   */
  public void write(byte[] encoded, int offset, int length) throws IOException {
    out.write(encoded, offset, length);
    written += length / type.bytes();
  }

  /** Ends the file and says what the manifest needs to know of it. */
  public Manifest.File finish() throws IOException {
    if (written != tokens) {
      throw new IllegalStateException(
          name + " was to have " + tokens + " tokens and was given " + written);
    }
    out.flush();
    return new Manifest.File(
        name, tokens, HexFormat.of().formatHex(out.getMessageDigest().digest()));
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
