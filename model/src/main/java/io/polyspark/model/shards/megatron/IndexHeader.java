package io.polyspark.model.shards.megatron;

import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.TokenType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * The first 34 bytes of an index, little endian: 9 of magic, a version of 8, a code of the ids'
 * type of 1, and two counts of 8. Behind it lie the sequences' lengths in ids (4 bytes each), the
 * sequences' first bytes in the {@code .bin} file (8 each), and the boundaries of documents as
 * numbers of sequences (8 each).
 *
 * @param type of the ids
 * @param sequences number of sequences
 * @param boundaries number of boundaries: one more than documents, the first is 0
 */
record IndexHeader(TokenType type, long sequences, long boundaries) {
  /** Bytes of a header. */
  static final int BYTES = 34;

  private static final byte[] MAGIC = "MMIDIDX\0\0".getBytes(StandardCharsets.US_ASCII);
  private static final long VERSION = 1;
  private static final int UINT16 = 8;
  private static final int INT32 = 4;

  /** NumPy's names of the codes from 1 on. */
  private static final List<String> TYPES =
      List.of("uint8", "int8", "int16", "int32", "int64", "float64", "float32", "uint16");

  /** The bytes at the start of an index. */
  byte[] toBytes() {
    return ByteBuffer.allocate(BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(MAGIC)
        .putLong(VERSION)
        .put((byte) (type == TokenType.UINT16 ? UINT16 : INT32))
        .putLong(sequences)
        .putLong(boundaries)
        .array();
  }

  /**
   * Reads a header.
   *
   * @param bytes {@value #BYTES} of them
   * @param length of the whole file in bytes
   * @param source the file, for messages
   * @throws UserError if it is no index, of a kind that this program does not read, or of another
   *     length than its counts make it
   */
  static IndexHeader of(byte[] bytes, long length, Object source) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    byte[] magic = new byte[MAGIC.length];
    buffer.get(magic);
    if (!Arrays.equals(magic, MAGIC)) {
      throw UserError.of(
          "%s does not start as an index of Megatron's does; see whether it is the right file.",
          source);
    }
    long version = buffer.getLong();
    if (version != VERSION) {
      throw UserError.of("%s has version %d; this program reads version 1.", source, version);
    }
    TokenType type = type(buffer.get(), source);
    long sequences = buffer.getLong();
    long boundaries = buffer.getLong();
    boolean possible =
        sequences >= 0 && sequences <= length && boundaries >= 1 && boundaries <= length;
    IndexHeader header = new IndexHeader(type, sequences, boundaries);
    if (!possible || header.fileBytes() != length) {
      if (possible && header.fileBytes() + sequences == length) {
        throw UserError.of(
            "%s has a mode for every sequence, as mixtures of text and images have; this program"
                + " reads text alone.",
            source);
      }
      throw UserError.of(
          "%s is damaged (%d bytes do not hold the %d sequences and %d boundaries of documents that"
              + " it counts); copy it again, or make it again.",
          source, length, sequences, boundaries);
    }
    return header;
  }

  /** Where the sequences' lengths start. */
  long lengthsAt() {
    return BYTES;
  }

  /** Where the sequences' places in the {@code .bin} file start. */
  long pointersAt() {
    return BYTES + sequences * Integer.BYTES;
  }

  /** Where the boundaries of documents start. */
  long boundariesAt() {
    return pointersAt() + sequences * Long.BYTES;
  }

  /** Bytes of the whole index. */
  private long fileBytes() {
    return boundariesAt() + boundaries * Long.BYTES;
  }

  private static TokenType type(int code, Object source) {
    return switch (code) {
      case UINT16 -> TokenType.UINT16;
      case INT32 -> TokenType.UINT32;
      default ->
          throw UserError.of(
              "%s has ids of type %s; this program reads uint16 and int32.",
              source, code >= 1 && code <= TYPES.size() ? TYPES.get(code - 1) : "number " + code);
    };
  }
}
