package io.polyspark.model.tokenize;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The table of Unicode against the library itself, every code point of it. */
class UnicodeOfTheLibraryTest {
  private static final int CHUNK = 1 << 13;

  /** Planes 4 to 13, in which no Unicode has assigned anything. */
  private static final int FIRST_EMPTY_PLANE = 0x40000;

  private static final int END_OF_EMPTY_PLANES = 0xe0000;

  /** A character before which each kind goes on with the same word; white space has none. */
  private static final Map<Byte, String> COMPANIONS =
      Map.of(
          LibraryUnicode.LETTER, "a",
          LibraryUnicode.NUMBER, "1",
          LibraryUnicode.OTHER, "!");

  @Test
  void kindsAreTheLibrarysForEveryCodePoint() {
    byte[] kinds = LibraryUnicode.kinds();
    try (var library = library(new ByteLevelJson())) {
      for (int start = 0; start <= Character.MAX_CODE_POINT; start += CHUNK) {
        if (start == FIRST_EMPTY_PLANE) {
          for (; start < END_OF_EMPTY_PLANES; start++) {
            if (kinds[start] != LibraryUnicode.OTHER) {
              throw new AssertionError(String.format("U+%04X has a kind", start));
            }
          }
        }
        StringBuilder text = new StringBuilder();
        for (int c = start; c < start + CHUNK; c++) {
          if (!isSurrogate(c)) {
            // A companion joins its own kind and no other.
            text.append("\n").append(COMPANIONS.getOrDefault(kinds[c], "a")).appendCodePoint(c);
          }
        }
        byte[] utf8 = text.toString().getBytes(StandardCharsets.UTF_8);
        long[] words = library.encode(text.toString(), false, false).getWordIds();
        assertThat(words).hasSize(utf8.length);
        int at = 0;
        for (int c = start; c < start + CHUNK; c++) {
          if (!isSurrogate(c)) {
            boolean joined = words[at + 1] == words[at + 2];
            if (joined == (kinds[c] == LibraryUnicode.SPACE)) {
              throw new AssertionError(String.format("U+%04X is of another kind", c));
            }
            at += 2 + Character.toString(c).getBytes(StandardCharsets.UTF_8).length;
          }
        }
      }
    }
  }

  @Test
  void whiteSpaceJoinsNoOtherKind() {
    try (var library = library(new ByteLevelJson())) {
      for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
        if (LibraryUnicode.kinds()[c] == LibraryUnicode.SPACE) {
          for (String companion : COMPANIONS.values()) {
            long[] words =
                library.encode(companion + Character.toString(c), false, false).getWordIds();
            assertThat(words[1]).as("%s %x", companion, c).isNotEqualTo(words[0]);
          }
        }
      }
    }
  }

  @Test
  void compositionIsTheLibrarysForEveryCodePointThatIsNotLeftToIt() {
    try (var library = library(new ByteLevelJson().composed())) {
      for (int c = 0x300; c <= Character.MAX_CODE_POINT; c++) {
        if (isSurrogate(c) || LibraryUnicode.normalizesUnlikeJava(c) || !matters(c)) {
          continue;
        }
        String character = Character.toString(c);
        String parts = Normalizer.normalize(character, Normalizer.Form.NFD);
        // Among marks of other classes, apart, composed, and before two that compose with much.
        String text =
            "q\u0301" + character + "\u0323 " + parts + " " + character + "\u0300\u0345\u3099";
        long[] ids = library.encode(text, false, false).getIds();
        byte[] bytes = new byte[ids.length];
        for (int i = 0; i < bytes.length; i++) {
          bytes[i] = (byte) ids[i];
        }
        assertThat(new String(bytes, StandardCharsets.UTF_8))
            .as("%x", c)
            .isEqualTo(Normalizer.normalize(text, Normalizer.Form.NFC));
      }
    }
  }

  @Test
  void everythingNewerThanTheTableIsLeftToTheLibrary() {
    // On a newer Java, characters that this one calls unassigned have properties.
    assertThat(LibraryUnicode.normalizesUnlikeJava(0x11938)).isTrue();
    assertThat(LibraryUnicode.normalizesUnlikeJava(0x1e08f)).isTrue();
    assertThat(LibraryUnicode.normalizesUnlikeJava(0x10fffd)).isFalse();
    assertThat(LibraryUnicode.normalizesUnlikeJava(0xe0fff)).isTrue();
    assertThat(LibraryUnicode.normalizesUnlikeJava('\u00e9')).isFalse();
  }

  /** Whether a character may be ordered, or has parts. */
  private static boolean matters(int c) {
    int type = Character.getType(c);
    return type == Character.NON_SPACING_MARK
        || type == Character.COMBINING_SPACING_MARK
        || type == Character.ENCLOSING_MARK
        || !Normalizer.isNormalized(Character.toString(c), Normalizer.Form.NFD);
  }

  private static boolean isSurrogate(int c) {
    return c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
  }

  private static ai.djl.huggingface.tokenizers.HuggingFaceTokenizer library(ByteLevelJson json) {
    try {
      System.setProperty("ai.djl.offline", "true");
      return ai.djl.huggingface.tokenizers.HuggingFaceTokenizer.newInstance(
          new ByteArrayInputStream(json.bytes()),
          Map.of("padding", "false", "truncation", "false", "addSpecialTokens", "false"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
