package io.polyspark.model.shards.megatron;

import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.TokenType;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.UUID;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Writes a data set of Megatron's, a sequence per document, in a memory that does not grow with it:
 * the documents' lengths, which the index wants before all else, wait in a file. Everything is
 * written under temporary names beside the final ones; closed without {@link #commit}, it is
 * removed.
 */
public final class MegatronWriter implements AutoCloseable {
  private static final int BUFFER = 1 << 16;

  private final FileSystem fs;
  private final Path prefix;
  private final TokenType type;
  private final Path temporaryIds;
  private final Path temporaryIndex;
  private final Path temporaryLengths;
  private final OutputStream ids;
  private final DataOutputStream lengths;
  private long documents;
  private long tokens;
  private long current;
  private boolean committed;

  /**
   * Starts.
   *
   * @param prefix the final names without {@code .bin} and {@code .idx}
   * @throws UserError if one of the two exists
   */
  public MegatronWriter(FileSystem fs, Path prefix, TokenType type) throws IOException {
    this.fs = fs;
    this.prefix = prefix;
    this.type = type;
    refuseExisting();
    String unique = "." + UUID.randomUUID() + ".incomplete";
    Path temporary = new Path(prefix.getParent(), "_" + prefix.getName());
    this.temporaryIds = temporary.suffix(".bin" + unique);
    this.temporaryIndex = temporary.suffix(".idx" + unique);
    this.temporaryLengths = temporary.suffix(".lengths" + unique);
    this.ids = new BufferedOutputStream(fs.create(temporaryIds, false), BUFFER);
    try {
      this.lengths = output(temporaryLengths);
    } catch (IOException e) {
      ids.close();
      fs.delete(temporaryIds, false);
      throw e;
    }
  }

  /**
   * Writes a part of the current document.
   *
   * @param from place of the first id
   * @param to place after the last
   * @throws UserError if the document gets longer than the format can say
   */
  public void write(int[] values, int from, int to) throws IOException {
    ids.write(type.encode(Arrays.copyOfRange(values, from, to)));
    current += to - from;
    if (current > Integer.MAX_VALUE) {
      throw UserError.of(
          "Document %d has more than %d tokens, which is what an index of Megatron's can count.",
          documents, Integer.MAX_VALUE);
    }
  }

  /** Ends the current document, which may be empty. */
  public void endDocument() throws IOException {
    lengths.writeInt(Integer.reverseBytes((int) current));
    documents++;
    tokens += current;
    current = 0;
  }

  /** Documents that have been ended. */
  public long documents() {
    return documents;
  }

  /** Tokens of those. */
  public long tokens() {
    return tokens;
  }

  /** Whether something was written since a document was ended. */
  public boolean inDocument() {
    return current > 0;
  }

  /** Writes the index; nothing can be written after it. */
  public void finish() throws IOException {
    if (inDocument()) {
      throw new IllegalStateException("document " + documents + " was not ended");
    }
    ids.close();
    lengths.close();
    try (DataOutputStream index = output(temporaryIndex)) {
      index.write(new IndexHeader(type, documents, documents + 1).toBytes());
      try (DataInputStream in = lengths()) {
        in.transferTo(index);
      }
      long pointer = 0;
      try (DataInputStream in = lengths()) {
        for (long document = 0; document < documents; document++) {
          index.writeLong(Long.reverseBytes(pointer));
          pointer += (long) Integer.reverseBytes(in.readInt()) * type.bytes();
        }
      }
      for (long boundary = 0; boundary <= documents; boundary++) {
        index.writeLong(Long.reverseBytes(boundary));
      }
    }
    fs.delete(temporaryLengths, false);
  }

  /**
   * Gives the files their names, the index last: a {@code .bin} file without one is not whole.
   *
   * @throws UserError if one of the two exists by now
   */
  public void commit() throws IOException {
    refuseExisting();
    rename(temporaryIds, MegatronFile.ids(prefix));
    try {
      rename(temporaryIndex, MegatronFile.index(prefix));
    } catch (IOException e) {
      fs.delete(MegatronFile.ids(prefix), false);
      throw e;
    }
    committed = true;
  }

  /** Removes what {@link #commit} has named: for one of several that are whole only together. */
  public void withdraw() throws IOException {
    if (committed) {
      fs.delete(MegatronFile.index(prefix), false);
      fs.delete(MegatronFile.ids(prefix), false);
    }
  }

  @Override
  public void close() throws IOException {
    try (ids;
        lengths) {
      // What is not written yet may fail to be.
    } finally {
      fs.delete(temporaryIds, false);
      fs.delete(temporaryIndex, false);
      fs.delete(temporaryLengths, false);
    }
  }

  private void refuseExisting() throws IOException {
    for (Path file : new Path[] {MegatronFile.ids(prefix), MegatronFile.index(prefix)}) {
      if (fs.exists(file)) {
        throw UserError.of("The output %s exists; remove it or name another with --output.", file);
      }
    }
  }

  private void rename(Path from, Path to) throws IOException {
    if (!fs.rename(from, to)) {
      throw new IOException("cannot rename " + from + " to " + to);
    }
  }

  private DataOutputStream output(Path file) throws IOException {
    return new DataOutputStream(new BufferedOutputStream(fs.create(file, false), BUFFER));
  }

  private DataInputStream lengths() throws IOException {
    return new DataInputStream(new BufferedInputStream(fs.open(temporaryLengths), BUFFER));
  }
}
