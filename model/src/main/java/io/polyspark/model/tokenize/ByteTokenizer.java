package io.polyspark.model.tokenize;

import java.nio.charset.StandardCharsets;

/**
 * The 256 bytes of UTF-8 as ids 0 to 255, and 256 for the end of text. Its {@code tokenizer.json}
 * is a byte-pair encoding without merges over GPT-2's printable names of the bytes, which Hugging
 * Face's tools open and which gives the same ids there.
 */
public final class ByteTokenizer implements Tokenizer {
  static final byte[] JSON = ByteTokenizerJson.bytes();

  /** Number of ids: 256 bytes and the end of text. */
  public static final int VOCAB_SIZE = 257;

  /** The id after the last byte. */
  public static final int END_OF_TEXT = 256;

  private static final String SHA256 = Sha256.hex(JSON);

  @Override
  public int vocabSize() {
    return VOCAB_SIZE;
  }

  @Override
  public int endOfText() {
    return END_OF_TEXT;
  }

  @Override
  public int[] encode(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int[] ids = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      ids[i] = bytes[i] & 0xff;
    }
    return ids;
  }

  @Override
  public String decode(int[] ids) {
    byte[] bytes = new byte[ids.length];
    int length = 0;
    for (int id : ids) {
      if (id != END_OF_TEXT) {
        bytes[length++] = (byte) id;
      }
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  @Override
  public String sha256() {
    return SHA256;
  }

  @Override
  public byte[] json() {
    return JSON.clone();
  }

  @Override
  public void close() {}
}
