package io.polyspark.model.tokenize;

import static io.polyspark.model.tokenize.LibraryUnicode.SPACE;

/**
 * The words that byte pairs are merged within, as GPT-2 cuts them (Radford et al. 2019, "Language
 * Models are Unsupervised Multitask Learners", and its {@code encoder.py}): the matches of
 *
 * <pre>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</pre>
 *
 * one after the other, which leave nothing out. Letters, numbers and white space are what the
 * tokenizers library takes for them.
 */
public final class Gpt2Words {
  private static final byte[] KINDS = LibraryUnicode.kinds();

  private Gpt2Words() {}

  /**
   * Where a word ends.
   *
   * @param text UTF-8 without errors
   * @param start of the word, before {@code limit}: the end of the word before, or of no word
   * @param limit end of the text
   * @return after the word's last byte, at most {@code limit}
   */
  public static int end(byte[] text, int start, int limit) {
    byte first = text[start];
    if (first == '\'') {
      int contraction = contraction(text, start + 1, limit);
      if (contraction > 0) {
        return start + 1 + contraction;
      }
    }
    if (first == ' ' && start + 1 < limit) {
      byte next = kind(text, start + 1);
      if (next != SPACE) {
        return runEnd(text, start + 1, limit, next);
      }
    }
    byte kind = kind(text, start);
    int end = runEnd(text, start, limit, kind);
    if (kind != SPACE || end == limit) {
      return end;
    }
    // White space before a word leaves its last character to it, unless there is no other.
    int last = end - 1;
    while (isContinuation(text[last])) {
      last--;
    }
    return last > start ? last : end;
  }

  /** The length of what follows an apostrophe, 0 if that is none of the contractions. */
  private static int contraction(byte[] text, int at, int limit) {
    if (at == limit) {
      return 0;
    }
    byte letter = text[at];
    if (letter == 's' || letter == 't' || letter == 'm' || letter == 'd') {
      return 1;
    }
    if (at + 1 == limit) {
      return 0;
    }
    byte second = text[at + 1];
    boolean two =
        (letter == 'r' && second == 'e')
            || (letter == 'v' && second == 'e')
            || (letter == 'l' && second == 'l');
    return two ? 2 : 0;
  }

  private static int runEnd(byte[] text, int start, int limit, byte kind) {
    int at = start;
    while (at < limit) {
      byte lead = text[at];
      if (lead >= 0) {
        if (KINDS[lead] != kind) {
          return at;
        }
        at++;
      } else {
        if (KINDS[codePoint(text, at)] != kind) {
          return at;
        }
        at += length(lead);
      }
    }
    return at;
  }

  private static byte kind(byte[] text, int at) {
    byte lead = text[at];
    return KINDS[lead >= 0 ? lead : codePoint(text, at)];
  }

  /** The character of more than one byte that starts here. */
  private static int codePoint(byte[] text, int at) {
    int second = text[at + 1] & 0x3f;
    return switch (length(text[at])) {
      case 2 -> (text[at] & 0x1f) << 6 | second;
      case 3 -> (text[at] & 0x0f) << 12 | second << 6 | (text[at + 2] & 0x3f);
      default ->
          (text[at] & 0x07) << 18
              | second << 12
              | (text[at + 2] & 0x3f) << 6
              | (text[at + 3] & 0x3f);
    };
  }

  /** The bytes of a character of more than one, by its first. */
  private static int length(byte lead) {
    int value = lead & 0xff;
    return value < 0xe0 ? 2 : value < 0xf0 ? 3 : 4;
  }

  private static boolean isContinuation(byte value) {
    return (value & 0xc0) == 0x80;
  }
}
