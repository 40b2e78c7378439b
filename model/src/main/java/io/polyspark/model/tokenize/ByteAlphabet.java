package io.polyspark.model.tokenize;

/**
 * GPT-2's printable names of the 256 bytes, by which a {@code tokenizer.json} spells the tokens of
 * a byte-level vocabulary: the bytes that Latin-1 prints stand for themselves, the 68 others follow
 * U+0100 in ascending order.
 */
public final class ByteAlphabet {
  private static final int FIRST_UNPRINTABLE = 0x100;
  private static final char[] NAMES = names();

  private ByteAlphabet() {}

  /** The name of a byte, one character. */
  public static char name(byte value) {
    return NAMES[value & 0xff];
  }

  /** The name of a token. */
  public static String name(byte[] token) {
    char[] name = new char[token.length];
    for (int i = 0; i < name.length; i++) {
      name[i] = name(token[i]);
    }
    return new String(name);
  }

  private static char[] names() {
    char[] names = new char[256];
    int next = FIRST_UNPRINTABLE;
    for (int value = 0; value < names.length; value++) {
      boolean prints =
          (value >= '!' && value <= '~') || (value >= 0xa1 && value <= 0xac) || value >= 0xae;
      names[value] = (char) (prints ? value : next++);
    }
    return names;
  }
}
