package io.polyspark.prep.read;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/** UTF-8 to the letter: what is malformed is an error at a place, never a replacement character. */
final class Utf8 {
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

  private Utf8() {}

  /**
   * Decodes a document or rejects it.
   *
   * @param bytes kept by the document
   * @param offset where the bytes start in the file's text
   */
  static ReadResult document(InputFile file, byte[] bytes, long offset) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CoderResult result = decoder.decode(in, out, true);
    if (result.isError()) {
      return invalid(file, offset, bytes[in.position()], offset + in.position());
    }
    return new Document(out.flip().toString(), bytes, file.place(offset));
  }

  /** The bytes of a string; throws where it has half of a surrogate pair. */
  static byte[] encode(String text) throws CharacterCodingException {
    ByteBuffer buffer = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  /** Bytes of a byte order mark at the start of a file, which is no text: 0 or 3. */
  static int byteOrderMark(byte[] bytes) {
    for (int i = 0; i < BYTE_ORDER_MARK.length; i++) {
      if (i >= bytes.length || bytes[i] != BYTE_ORDER_MARK[i]) {
        return 0;
      }
    }
    return BYTE_ORDER_MARK.length;
  }

  private static Rejection invalid(InputFile file, long start, byte found, long offset) {
    return new Rejection(
        Rejection.INVALID_UTF8,
        file.place(start),
        () ->
            String.format(
                "%s is not UTF-8: byte 0x%02x at offset %d%s",
                file.display(),
                found,
                offset,
                file.compressed() ? " of its decompressed text" : ""));
  }
}
