package io.polyspark.model.shards.megatron;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.hadoop.fs.FSDataInputStream;

/** Documents of a data set of Megatron's, one after the other. */
public final class MegatronDocuments implements Closeable {
  private static final int BLOCK = 1 << 16;

  private final MegatronFile file;
  private final DocumentRange range;
  private final int vocabularySize;
  private final FSDataInputStream in;
  private final ByteBuffer block =
      ByteBuffer.allocate(BLOCK).limit(0).order(ByteOrder.LITTLE_ENDIAN);
  private long document;
  private long start;

  /**
   * Starts before the first.
   *
   * @param in the ids; closed with this
   */
  MegatronDocuments(
      MegatronFile file, DocumentRange range, int vocabularySize, FSDataInputStream in)
      throws IOException {
    this.file = file;
    this.range = range;
    this.vocabularySize = vocabularySize;
    this.in = in;
    this.document = range.from();
    try {
      this.start = file.startOf(document);
      in.seek(requireWithin(start));
    } catch (IOException | RuntimeException e) {
      in.close();
      throw e;
    }
  }

  /**
   * The ids of the next document, which may be none.
   *
   * @return a new array; null after the last
   * @throws io.polyspark.model.config.UserError naming the file that is damaged, or has an id that
   *     is not below V
   */
  public int[] next() throws IOException {
    if (document == range.to()) {
      return null;
    }
    try {
      long end = requireWithin(file.startOf(document + 1));
      int width = file.type().bytes();
      long bytes = end - start;
      if (bytes < 0 || bytes % width != 0 || bytes / width > Integer.MAX_VALUE - 8) {
        throw MegatronFile.damaged(
            file.index(), "document %d goes from byte %d to byte %d", document, start, end);
      }
      int[] ids = read((int) (bytes / width));
      requireIds(ids);
      document++;
      start = end;
      return ids;
    } catch (EOFException e) {
      throw MegatronFile.damaged(file.ids(), "it has become shorter since it was opened");
    }
  }

  private int[] read(int count) throws IOException {
    int[] ids = new int[count];
    int width = file.type().bytes();
    for (int at = 0; at < count; ) {
      if (!block.hasRemaining()) {
        fill();
      }
      int here = Math.min(count - at, block.remaining() / width);
      file.type().decode(block, block.position(), ids, at, here);
      block.position(block.position() + here * width);
      at += here;
    }
    return ids;
  }

  /** Reads a block, or what is left; a file of an odd number of bytes has no last id. */
  private void fill() throws IOException {
    int width = file.type().bytes();
    int count = in.readNBytes(block.array(), 0, BLOCK) / width * width;
    if (count == 0) {
      throw new EOFException();
    }
    block.position(0).limit(count);
  }

  private long requireWithin(long place) {
    if (place < 0 || place > file.bytes()) {
      throw MegatronFile.damaged(
          file.index(), "document %d has to do with byte %d of %d", document, place, file.bytes());
    }
    return place;
  }

  private void requireIds(int[] ids) {
    for (int id : ids) {
      if (id < 0 || id >= vocabularySize) {
        throw MegatronFile.damaged(
            file.ids(),
            "document %d has the id %d where the tokenizer has %d; it may be another tokenizer's",
            document,
            id,
            vocabularySize);
      }
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
