package io.polyspark.prep.tokenize;

import io.polyspark.model.shards.TokenType;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.EnumMap;

/** Gathers documents' tokens to chunks of about a megabyte, those of each side by themselves. */
final class SideChunks {
  private static final int CHUNK_BYTES = 1 << 20;

  private final TokenType type;
  private final int endOfText;
  private final EnumMap<Side, ByteArrayOutputStream> pending = new EnumMap<>(Side.class);
  private final EnumMap<Side, SideCounts> counts = new EnumMap<>(Side.class);
  private final ArrayDeque<TokenizeOutput> ready = new ArrayDeque<>();

  /**
   * Starts with nothing.
   *
   * @param endOfText the id that goes after every document
   */
  SideChunks(TokenType type, int endOfText) {
    this.type = type;
    this.endOfText = endOfText;
  }

  /**
   * Adds a document, or a part of one, and the end of text.
   *
   * @param bits its information, NaN where that is unknown
   */
  void add(Side side, int[] ids, int textBytes, double bits) {
    ByteArrayOutputStream chunk =
        pending.computeIfAbsent(side, s -> new ByteArrayOutputStream(CHUNK_BYTES));
    chunk.writeBytes(type.encode(ids));
    chunk.writeBytes(type.encode(new int[] {endOfText}));
    counts.merge(side, SideCounts.NONE.plus(ids.length + 1, textBytes, bits), SideCounts::plus);
    if (chunk.size() >= CHUNK_BYTES) {
      flush(side);
    }
  }

  /** Makes chunks of what is left. */
  void flush() {
    pending.keySet().forEach(this::flush);
  }

  /** What was added so far. */
  EnumMap<Side, SideCounts> counts() {
    return counts;
  }

  /** The chunks that are whole, in order; whoever uses them takes them out. */
  ArrayDeque<TokenizeOutput> ready() {
    return ready;
  }

  private void flush(Side side) {
    ByteArrayOutputStream chunk = pending.get(side);
    if (chunk.size() > 0) {
      ready.add(new TokenChunk(side, chunk.toByteArray()));
      chunk.reset();
    }
  }
}
