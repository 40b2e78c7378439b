package io.polyspark.prep.normalize;

import io.polyspark.prep.filter.Candidate;
import io.polyspark.prep.filter.Stage;
import io.polyspark.prep.filter.Verdict;
import java.text.Normalizer;

/**
 * Writes text in one way: line ends as line feeds, no control characters but line feed and tab, and
 * Unicode's composed form. Line ends are CR LF, CR, vertical tab, form feed, next line, and the
 * line and paragraph separators (Unicode Standard, section 5.8). The zero-width joiners U+200C and
 * U+200D stay: they are spelling in Persian and Indic scripts, and hold emoji together. Applied
 * twice it does no more than once.
 *
 * @param composed whether text is brought to Unicode's normalization form C
 * @param byteOrderMark what to do about U+FEFF, at the start or elsewhere
 * @param zeroWidth what to do about the zero-width space U+200B and the word joiner U+2060
 * @param replacement what to do about U+FFFD, which stands for what a decoder could not read
 */
public record Normalize(
    boolean composed,
    CharacterPolicy byteOrderMark,
    CharacterPolicy zeroWidth,
    CharacterPolicy replacement)
    implements Stage {
  /** The name of the stage. */
  public static final String NAME = "normalize";

  /** Composed, without marks of byte order and zero width; replacement characters stay. */
  public static final Normalize DEFAULTS =
      new Normalize(true, CharacterPolicy.REMOVE, CharacterPolicy.REMOVE, CharacterPolicy.KEEP);

  /** Below it every text is its own form C. */
  private static final char FIRST_COMBINING = 0x300;

  private static final char NEXT_LINE = 0x85;
  private static final char LINE_SEPARATOR = 0x2028;
  private static final char PARAGRAPH_SEPARATOR = 0x2029;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Verdict apply(Candidate candidate) {
    String text = candidate.text();
    int length = text.length();
    StringBuilder changed = null;
    boolean mayCompose = false;
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (policy(c) == CharacterPolicy.REJECT) {
        return new Verdict.Removed(setting(c));
      }
      mayCompose |= c >= FIRST_COMBINING;
      boolean kept = !removed(c, i + 1 < length ? text.charAt(i + 1) : 0);
      char written = kept && endsLine(c) ? '\n' : c;
      if (changed == null && (!kept || written != c)) {
        changed = new StringBuilder(length).append(text, 0, i);
      }
      if (changed != null && kept) {
        changed.append(written);
      }
    }
    String clean = changed == null ? text : changed.toString();
    return Verdict.keep(
        candidate.withText(
            composed && mayCompose ? Normalizer.normalize(clean, Normalizer.Form.NFC) : clean));
  }

  private CharacterPolicy policy(char c) {
    return switch (c) {
      case '\ufeff' -> byteOrderMark;
      case '\u200b', '\u2060' -> zeroWidth;
      case '\ufffd' -> replacement;
      default -> CharacterPolicy.KEEP;
    };
  }

  private static String setting(char c) {
    return switch (c) {
      case '\ufeff' -> "byte_order_mark";
      case '\ufffd' -> "replacement";
      default -> "zero_width";
    };
  }

  private boolean removed(char c, char next) {
    return c == '\r'
        ? next == '\n'
        : policy(c) == CharacterPolicy.REMOVE
            || (Character.isISOControl(c) && c != '\t' && !endsLine(c));
  }

  private static boolean endsLine(char c) {
    return (c >= '\n' && c <= '\r')
        || c == NEXT_LINE
        || c == LINE_SEPARATOR
        || c == PARAGRAPH_SEPARATOR;
  }
}
