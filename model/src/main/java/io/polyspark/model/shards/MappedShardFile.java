package io.polyspark.model.shards;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A local shard, mapped into memory. One mapping ends at 2 GB, so a file is mapped in pieces. The
 * mappings live until the garbage collector finds them unreachable.
 */
final class MappedShardFile implements ShardFile {
  private final MappedByteBuffer[] pieces;
  private final TokenType type;
  private final long pieceTokens;

  /**
   * Maps a file.
   *
   * @param offset of the first id, in bytes
   * @param tokens number of ids
   * @param pieceTokens ids per mapping, so that a test need not write 2 GB
   */
  MappedShardFile(Path file, TokenType type, long offset, long tokens, long pieceTokens)
      throws IOException {
    this.type = type;
    this.pieceTokens = pieceTokens;
    this.pieces = new MappedByteBuffer[Math.toIntExact((tokens + pieceTokens - 1) / pieceTokens)];
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      for (int piece = 0; piece < pieces.length; piece++) {
        long first = piece * pieceTokens;
        long size = Math.min(pieceTokens, tokens - first) * type.bytes();
        pieces[piece] =
            channel.map(FileChannel.MapMode.READ_ONLY, offset + first * type.bytes(), size);
        pieces[piece].order(ByteOrder.LITTLE_ENDIAN);
      }
    }
  }

  @Override
  public void read(long first, int[] into, int at, int count) {
    for (int done = 0; done < count; ) {
      long token = first + done;
      long start = token % pieceTokens;
      int part = (int) Math.min(count - done, pieceTokens - start);
      MappedByteBuffer piece = pieces[(int) (token / pieceTokens)];
      type.decode(piece, (int) (start * type.bytes()), into, at + done, part);
      done += part;
    }
  }

  @Override
  public void close() {}
}
