package io.polyspark.model.shards.megatron;

import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.TokenType;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A data set of Megatron's, open for reading. Memory holds blocks of its index, and a document at a
 * time. Not for use by several threads at once.
 */
public final class MegatronFile implements AutoCloseable {
  private static final String INDEX = ".idx";
  private static final String IDS = ".bin";

  private final FileSystem fs;
  private final Path index;
  private final Path ids;
  private final long idBytes;
  private final FSDataInputStream in;
  private final IndexHeader header;
  private final Column lengths;
  private final Column pointers;
  private final Column boundaries;

  /**
   * Opens {@code PREFIX.idx} and checks its header. Whether the rest agrees, {@link #ranges} says.
   *
   * @throws UserError naming the file that is missing, damaged, or of a kind that is not read
   */
  public static MegatronFile open(FileSystem fs, Path prefix) {
    try {
      return new MegatronFile(fs, prefix);
    } catch (FileNotFoundException e) {
      throw new UserError(
          String.format(
              "%s is no data set of Megatron's, which is two files, %s%s and %s%s; name what the"
                  + " two have in common.",
              prefix, prefix.getName(), IDS, prefix.getName(), INDEX),
          e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot open " + prefix, e);
    }
  }

  private MegatronFile(FileSystem fs, Path prefix) throws IOException {
    this.fs = fs;
    this.index = index(prefix);
    this.ids = ids(prefix);
    this.idBytes = fs.getFileStatus(ids).getLen();
    long length = fs.getFileStatus(index).getLen();
    this.in = fs.open(index);
    try {
      // A short file's header is not whole, and so is not the magic that it would have to start
      // with.
      byte[] start = new byte[IndexHeader.BYTES];
      in.readFully(0, start, 0, (int) Math.min(length, start.length));
      this.header = IndexHeader.of(start, length, index);
    } catch (IOException | RuntimeException e) {
      in.close();
      throw e;
    }
    this.lengths = new Column(in, header.lengthsAt(), header.sequences(), Integer.BYTES);
    this.pointers = new Column(in, header.pointersAt(), header.sequences(), Long.BYTES);
    this.boundaries = new Column(in, header.boundariesAt(), header.boundaries(), Long.BYTES);
  }

  static Path index(Path prefix) {
    return prefix.suffix(INDEX);
  }

  static Path ids(Path prefix) {
    return prefix.suffix(IDS);
  }

  /** Number of documents. */
  public long documents() {
    return header.boundaries() - 1;
  }

  /** Bytes of all ids. */
  public long bytes() {
    return idBytes;
  }

  /** How the ids lie there. */
  public TokenType type() {
    return header.type();
  }

  /**
   * Reads the whole index, checks that it agrees with itself and with the length of the {@code
   * .bin} file, and divides the documents.
   *
   * @param bytes about how many bytes of ids a range shall have, at least 1
   * @return ranges in order that hold every document once
   * @throws UserError naming the file that is damaged
   */
  public List<DocumentRange> ranges(long bytes) {
    try {
      return checked(bytes);
    } catch (EOFException e) {
      throw damaged(index, "it has become shorter since it was opened");
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + index, e);
    }
  }

  private List<DocumentRange> checked(long bytes) throws IOException {
    requireIndex(boundaries.at(0) == 0, "its first document does not start with sequence 0");
    List<DocumentRange> ranges = new ArrayList<>();
    long from = 0;
    long rangeStart = 0;
    long sequence = 0;
    long end = 0;
    for (long document = 0; document < documents(); document++) {
      long boundary = boundaries.at(document + 1);
      requireIndex(
          boundary >= sequence && boundary <= header.sequences(),
          "document %d ends before sequence %d of %d",
          document,
          boundary,
          header.sequences());
      for (; sequence < boundary; sequence++) {
        end = endOf(sequence, end);
      }
      if (end - rangeStart >= bytes || document + 1 == documents()) {
        ranges.add(new DocumentRange(from, document + 1));
        from = document + 1;
        rangeStart = end;
      }
    }
    requireIndex(
        sequence == header.sequences(),
        "its documents have %d sequences of %d",
        sequence,
        header.sequences());
    if (end != idBytes) {
      throw damaged(ids, "it has %d bytes where %s makes it %d", idBytes, index.getName(), end);
    }
    return ranges;
  }

  /** Checks a sequence and returns where it ends in the other file. */
  private long endOf(long sequence, long start) throws IOException {
    long length = lengths.at(sequence);
    requireIndex(length >= 0, "sequence %d has %d tokens", sequence, length);
    long pointer = pointers.at(sequence);
    requireIndex(
        pointer == start,
        "sequence %d starts at byte %d where the one before ends at %d",
        sequence,
        pointer,
        start);
    long end = start + length * header.type().bytes();
    if (end > idBytes) {
      throw damaged(
          ids, "it has %d bytes where %s makes it %d or more", idBytes, index.getName(), end);
    }
    return end;
  }

  /**
   * Opens documents, each all its sequences one after the other. The caller closes them before
   * this.
   *
   * @param range within the documents
   * @param vocabularySize V; a larger id is an error
   */
  public MegatronDocuments documents(DocumentRange range, int vocabularySize) throws IOException {
    return new MegatronDocuments(this, range, vocabularySize, fs.open(ids));
  }

  /**
   * Where a document starts in the {@code .bin} file, and where the last one ends.
   *
   * @param document in [0, documents()]
   */
  long startOf(long document) throws IOException {
    long sequence = boundaries.at(document);
    requireIndex(
        sequence >= 0 && sequence <= header.sequences(),
        "document %d starts with sequence %d of %d",
        document,
        sequence,
        header.sequences());
    return sequence == header.sequences() ? idBytes : pointers.at(sequence);
  }

  /** The index' path, for messages. */
  Path index() {
    return index;
  }

  /** The ids' path, for messages. */
  Path ids() {
    return ids;
  }

  private void requireIndex(boolean holds, String what, Object... arguments) {
    if (!holds) {
      throw damaged(index, what, arguments);
    }
  }

  static UserError damaged(Path file, String what, Object... arguments) {
    return UserError.of(
        "%s is damaged (%s); copy it again, or make it again.",
        file, String.format(what, arguments));
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot close " + index, e);
    }
  }
}
