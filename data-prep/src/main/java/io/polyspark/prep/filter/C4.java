package io.polyspark.prep.filter;

import io.polyspark.model.config.UserError;
import java.text.BreakIterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * C4's rules (Raffel et al., arXiv 1910.10683, section 2.2, and the code published with it, {@code
 * c4_utils.py} of TensorFlow Datasets). Some remove lines, others the page; lines are looked at in
 * the code's order, so that a rule on pages does not see a line that is gone; after its first rule,
 * on long words, without citation marks but with the white space before them, so that a line that
 * ends with one behind a blank does not end with punctuation. What is left is the lines without
 * white space around them and without blank lines between them.
 *
 * <p>Sentences are found by the JDK's {@link BreakIterator} where the code uses NLTK's Punkt; an
 * abbreviation's dot before a capital, or before two blanks, ends a sentence. Those without a
 * letter or a digit do not count.
 *
 * @param terminalPunctuation whether lines must end with one of {@code . ? ! " '} and not with
 *     three dots; FineWeb (arXiv 2406.17557, section 3.4) leaves this rule out, which removes most
 *     text of all
 * @param minWordsPerLine fewest words of a line; the paper's is 5 (3 in its first version and in
 *     datatrove)
 * @param maxWordLength longest word of a line in characters; the code's is 1,000
 * @param minSentences fewest sentences of a page; the paper's is 3 (5 in its first version and in
 *     datatrove)
 * @param removeCitations whether Wikipedia's marks such as [1], [edit] and [citation needed] go
 * @param removeJavascriptLines whether lines with the word "javascript" go
 * @param removePolicyLines whether lines on cookies, privacy and terms of use go
 * @param removeLoremIpsum whether a page with "lorem ipsum" goes
 * @param removeCurlyBrackets whether a page with an opening curly bracket goes
 */
public record C4(
    boolean terminalPunctuation,
    int minWordsPerLine,
    int maxWordLength,
    int minSentences,
    boolean removeCitations,
    boolean removeJavascriptLines,
    boolean removePolicyLines,
    boolean removeLoremIpsum,
    boolean removeCurlyBrackets)
    implements Stage {
  /** The name of the stage. */
  public static final String NAME = "c4";

  /** The paper's rules. */
  public static final C4 DEFAULTS = new C4(true, 5, 1000, 3, true, true, true, true, true);

  private static final Pattern CITATION =
      Pattern.compile("\\[\\d*\\]|\\[edit\\]|\\[citation needed\\]");
  private static final List<String> POLICY =
      List.of(
          "terms of use",
          "privacy policy",
          "cookie policy",
          "uses cookies",
          "use of cookies",
          "use cookies");

  /**
   * Checks the settings.
   *
   * @throws UserError naming the number that is too small
   */
  public C4 {
    Share.checkAtLeast(NAME, "min_words_per_line", minWordsPerLine, 0);
    Share.checkAtLeast(NAME, "max_word_length", maxWordLength, 1);
    Share.checkAtLeast(NAME, "min_sentences", minSentences, 0);
  }

  @Override
  public String name() {
    return NAME;
  }

  /** Events count the lines removed, under the rule's name. */
  @Override
  public Verdict apply(Candidate candidate) {
    TextStatistics text = candidate.statistics();
    StringJoiner kept = new StringJoiner("\n");
    Map<String, Long> removedLines = new TreeMap<>();
    int sentences = 0;
    for (int i = 0; i < text.lines(); i++) {
      String whole = text.line(i);
      String line = withoutCitations(whole);
      int words =
          line.length() == whole.length()
              ? text.firstWord(i + 1) - text.firstWord(i)
              : TextStatistics.of(line).words();
      LineVerdict verdict = judge(text, i, line, words);
      if (verdict.endsPage) {
        return new Verdict.Removed(verdict.rule);
      }
      if (verdict == LineVerdict.KEEP) {
        String left = Characters.strip(line);
        if (!left.isEmpty()) {
          kept.add(left);
        }
        sentences += sentences < minSentences ? sentences(line) : 0;
      } else {
        removedLines.merge(verdict.rule, 1L, Long::sum);
      }
    }
    return sentences < minSentences
        ? new Verdict.Removed("min_sentences")
        : new Verdict.Kept(candidate.withText(kept.toString()), removedLines);
  }

  private enum LineVerdict {
    KEEP("", false),
    LONG_WORD("max_word_length", false),
    NO_TERMINAL_PUNCTUATION("terminal_punctuation", false),
    FEW_WORDS("min_words_per_line", false),
    LOREM_IPSUM("remove_lorem_ipsum", true),
    JAVASCRIPT("remove_javascript_lines", false),
    CURLY_BRACKET("remove_curly_brackets", true),
    POLICY_LINE("remove_policy_lines", false);

    private final String rule;
    private final boolean endsPage;

    LineVerdict(String rule, boolean endsPage) {
      this.rule = rule;
      this.endsPage = endsPage;
    }
  }

  private LineVerdict judge(TextStatistics text, int number, String line, int words) {
    int firstWord = text.firstWord(number);
    int endWord = text.firstWord(number + 1);
    for (int word = firstWord; word < endWord; word++) {
      if (text.wordLength(word) > maxWordLength) {
        return LineVerdict.LONG_WORD;
      }
    }
    if (terminalPunctuation && !endsWell(line)) {
      return LineVerdict.NO_TERMINAL_PUNCTUATION;
    }
    if (words < minWordsPerLine) {
      return LineVerdict.FEW_WORDS;
    }
    String lower = line.toLowerCase(Locale.ROOT);
    if (removeLoremIpsum && lower.contains("lorem ipsum")) {
      return LineVerdict.LOREM_IPSUM;
    }
    if (removeJavascriptLines && lower.contains("javascript")) {
      return LineVerdict.JAVASCRIPT;
    }
    if (removeCurlyBrackets && line.indexOf('{') >= 0) {
      return LineVerdict.CURLY_BRACKET;
    }
    return removePolicyLines && namesPolicy(lower) ? LineVerdict.POLICY_LINE : LineVerdict.KEEP;
  }

  private static boolean namesPolicy(String lower) {
    // No stream: it takes longer to make than a line to search.
    for (String phrase : POLICY) {
      if (lower.contains(phrase)) {
        return true;
      }
    }
    return false;
  }

  private String withoutCitations(String line) {
    return removeCitations && line.indexOf('[') >= 0 ? CITATION.matcher(line).replaceAll("") : line;
  }

  private static boolean endsWell(String line) {
    return !line.isEmpty()
        && ".?!\"'".indexOf(line.charAt(line.length() - 1)) >= 0
        && !line.endsWith("...");
  }

  private static int sentences(String line) {
    BreakIterator sentences = BreakIterator.getSentenceInstance(Locale.ROOT);
    sentences.setText(line);
    int count = 0;
    int start = 0;
    for (int end = sentences.next(); end != BreakIterator.DONE; end = sentences.next()) {
      count += saysSomething(line, start, end) ? 1 : 0;
      start = end;
    }
    return count;
  }

  /** The JDK makes three sentences of {@code So it was. "}, the dot and the mark among them. */
  private static boolean saysSomething(String line, int start, int end) {
    for (int at = start; at < end; at++) {
      if (Character.isLetterOrDigit(line.codePointAt(at))) {
        return true;
      }
    }
    return false;
  }
}
