package io.polyspark.prep.read;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/** UTF-8 to the letter: what is malformed is an error at a place, never a replacement character. */
final class Utf8 {
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

  private Utf8() {}

  /**
   * Decodes a part of a file's text, or rejects it.
   *
   * @param bytes kept by the document
   * @param offset where the bytes start in the file's text
   */
  static ReadResult document(InputFile file, byte[] bytes, long offset) {
    int control = ControlCharacters.find(bytes);
    if (control >= 0) {
      return new Rejection(
          Rejection.BINARY,
          file.place(offset),
          () -> file.display() + " is no text: " + byteAt(file, bytes[control], offset + control));
    }
    return decode(
        file.place(offset),
        bytes,
        at -> file.display() + " is not UTF-8: " + byteAt(file, bytes[at], offset + at));
  }

  /**
   * Decodes a document that is stored by itself, or rejects it.
   *
   * @param bytes kept by the document
   * @param subject names it, for the start of a sentence
   */
  static ReadResult document(Place place, byte[] bytes, Supplier<String> subject) {
    return decode(
        place,
        bytes,
        at ->
            String.format(
                "%s is not UTF-8: byte 0x%02x at offset %d of it", subject.get(), bytes[at], at));
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

  private static ReadResult decode(Place place, byte[] bytes, IntFunction<String> invalidAt) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CoderResult result = decoder.decode(in, out, true);
    if (result.isError()) {
      int at = in.position();
      return new Rejection(Rejection.INVALID_UTF8, place, () -> invalidAt.apply(at));
    }
    return new Document(out.flip().toString(), bytes, place);
  }

  private static String byteAt(InputFile file, byte found, long offset) {
    return String.format(
        "byte 0x%02x at offset %d%s",
        found, offset, file.compression() == Compression.NONE ? "" : " of its decompressed text");
  }
}
