package io.polyspark.model.shards;

import io.polyspark.model.config.UserError;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** How ids lie in a shard: unsigned and little endian, the narrowest type that holds them. */
public enum TokenType {
  /** Two bytes, for vocabularies of at most 65,536 ids. */
  UINT16("<u2", Short.BYTES),
  /** Four bytes. */
  UINT32("<u4", Integer.BYTES);

  private static final int UINT16_IDS = 1 << Short.SIZE;

  private final String dtype;
  private final int bytes;

  TokenType(String dtype, int bytes) {
    this.dtype = dtype;
    this.bytes = bytes;
  }

  /** The type for a vocabulary of V ids. */
  public static TokenType forVocabulary(int vocabSize) {
    return vocabSize <= UINT16_IDS ? UINT16 : UINT32;
  }

  /** The type of NumPy's name, as a manifest has it. */
  static TokenType ofDtype(String dtype, Object source) {
    for (TokenType type : values()) {
      if (type.dtype.equals(dtype)) {
        return type;
      }
    }
    throw UserError.of(
        "%s has dtype %s; this program reads <u2 and <u4, so prepare the data again.",
        source, dtype);
  }

  /** NumPy's name of the type. */
  public String dtype() {
    return dtype;
  }

  /** Bytes of one id. */
  public int bytes() {
    return bytes;
  }

  /** A new array with the bytes of some ids. */
  public byte[] encode(int[] ids) {
    ByteBuffer buffer =
        ByteBuffer.allocate(Math.multiplyExact(ids.length, bytes)).order(ByteOrder.LITTLE_ENDIAN);
    if (this == UINT16) {
      for (int id : ids) {
        buffer.putShort((short) id);
      }
    } else {
      buffer.asIntBuffer().put(ids);
    }
    return buffer.array();
  }

  /**
   * Reads ids by position, not moving the buffer's own.
   *
   * @param from little endian
   * @param offset of the first id in the buffer, in bytes
   * @param into receives ids at {@code [at, at + count)}
   */
  public void decode(ByteBuffer from, int offset, int[] into, int at, int count) {
    if (this == UINT16) {
      for (int i = 0; i < count; i++) {
        into[at + i] = Short.toUnsignedInt(from.getShort(offset + i * Short.BYTES));
      }
    } else {
      for (int i = 0; i < count; i++) {
        into[at + i] = from.getInt(offset + i * Integer.BYTES);
      }
    }
  }
}
