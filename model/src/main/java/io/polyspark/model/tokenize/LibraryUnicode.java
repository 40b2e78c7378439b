package io.polyspark.model.tokenize;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Unicode as the tokenizers library knows it, which is not as this Java does: its regular
 * expressions are of one version of Unicode, its normalization of another.
 */
final class LibraryUnicode {
  /** Neither of the other three. */
  static final byte OTHER = 0;

  /** What {@code \p{L}} matches. */
  static final byte LETTER = 1;

  /** What {@code \p{N}} matches. */
  static final byte NUMBER = 2;

  /** What {@code \s} matches. */
  static final byte SPACE = 3;

  private static final String FILE = "unicode.txt";
  private static final byte[] KINDS = new byte[Character.MAX_CODE_POINT + 1];
  private static final BitSet UNKNOWN = new BitSet();

  static {
    try {
      read();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + FILE, e);
    }
  }

  private LibraryUnicode() {}

  /** The kind of each code point; not to be changed. */
  static byte[] kinds() {
    return KINDS;
  }

  /** Whether the library's NFC may treat a text with this code point otherwise than Java's does. */
  static boolean normalizesUnlikeJava(int codePoint) {
    return UNKNOWN.get(codePoint);
  }

  private static void read() throws IOException {
    try (InputStream in = LibraryUnicode.class.getResourceAsStream(FILE);
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.startsWith("#")) {
          range(line);
        }
      }
    }
  }

  private static void range(String line) {
    int space = line.indexOf(' ');
    int dash = line.indexOf('-');
    int first = Integer.parseInt(line, 0, dash < 0 ? space : dash, 16);
    int end = (dash < 0 ? first : Integer.parseInt(line, dash + 1, space, 16)) + 1;
    switch (line.charAt(space + 1)) {
      case 'L' -> Arrays.fill(KINDS, first, end, LETTER);
      case 'N' -> Arrays.fill(KINDS, first, end, NUMBER);
      case 'S' -> Arrays.fill(KINDS, first, end, SPACE);
      case 'U' -> UNKNOWN.set(first, end);
      default -> throw new IllegalStateException(FILE + " has the line " + line);
    }
  }
}
