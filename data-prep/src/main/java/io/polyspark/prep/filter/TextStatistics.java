package io.polyspark.prep.filter;

/**
 * What the rules need to know about a text, gathered in one pass over its characters.
 *
 * <p>A <em>character</em> is a Unicode code point. A <em>word</em> is what stands between white
 * space (Unicode's White_Space), as in Python's {@code split()} (which divides at U+001C to U+001F,
 * too), Gopher's successors Dolma and RedPajama; datatrove takes words apart further (NLTK or
 * spaCy: punctuation marks are tokens). A <em>bare word</em> is a word in lower case without
 * anything but letters, digits and their marks; words that have none of these have no bare word. A
 * <em>line</em> is what stands between line feeds without the white space around it; blank lines
 * are none, but end a <em>paragraph</em>.
 */
public final class TextStatistics {
  final char[] text;
  int characters;
  int newlines;
  int hashSymbols;
  int ellipses;
  int alphabeticWords;
  long wordCharacters;

  int words;
  long[] wordHashes;
  long[] bareHashes;
  int[] wordLengths;

  int lines;
  int[] lineStarts;
  int[] lineEnds;
  int[] lineLengths;
  int[] lineWords;
  int[] lineParagraphs;
  long[] lineHashes;

  private NgramHashes ngrams;
  private NgramHashes bareNgrams;
  private Repetition repetition;

  TextStatistics(char[] text) {
    this.text = text;
  }

  /** Gathers the statistics of a text. */
  public static TextStatistics of(String text) {
    return new TextScan(text.toCharArray()).run();
  }

  /** Characters in all, white space included. */
  public int characters() {
    return characters;
  }

  /** Line feeds. */
  public int newlines() {
    return newlines;
  }

  /** Characters {@code #}. */
  public int hashSymbols() {
    return hashSymbols;
  }

  /** Ellipses: three dots in a row, or the character for them. */
  public int ellipses() {
    return ellipses;
  }

  /** Words. */
  public int words() {
    return words;
  }

  /** Words with at least one letter in them. */
  public int alphabeticWords() {
    return alphabeticWords;
  }

  /** Characters of all words together. */
  public long wordCharacters() {
    return wordCharacters;
  }

  /** Characters of a word. */
  public int wordLength(int word) {
    return wordLengths[word];
  }

  /** The hash of a word without punctuation and in lower case; 0 where nothing is left of it. */
  public long bareHash(int word) {
    return bareHashes[word];
  }

  /** Lines that are not blank. */
  public int lines() {
    return lines;
  }

  /** A line without the white space around it. */
  public String line(int line) {
    return new String(text, lineStarts[line], lineEnds[line] - lineStarts[line]);
  }

  /** Characters of a line without the white space around it. */
  public int lineLength(int line) {
    return lineLengths[line];
  }

  /** The number of a line's first word; for the number of lines, that of all words. */
  public int firstWord(int line) {
    return line == lines ? words : lineWords[line];
  }

  /** Whether a line starts with one of the bullets •, - and *. */
  public boolean startsWithBullet(int line) {
    char first = text[lineStarts[line]];
    return first == '•' || first == '-' || first == '*';
  }

  /** Whether a line ends with an ellipsis. */
  public boolean endsWithEllipsis(int line) {
    int end = lineEnds[line];
    return text[end - 1] == '…'
        || (end - lineStarts[line] >= 3
            && text[end - 1] == '.'
            && text[end - 2] == '.'
            && text[end - 3] == '.');
  }

  /** Whether a line ends with one of {@code . ? ! " '}. */
  public boolean endsWithPunctuation(int line) {
    char last = text[lineEnds[line] - 1];
    return last == '.' || last == '?' || last == '!' || last == '"' || last == '\'';
  }

  /** What is said more than once. */
  public Repetition repetition() {
    if (repetition == null) {
      repetition = new Repetition(this);
    }
    return repetition;
  }

  /** The n-grams of the words. */
  public NgramHashes ngrams() {
    if (ngrams == null) {
      ngrams = new NgramHashes(wordHashes, words);
    }
    return ngrams;
  }

  /** The n-grams of the bare words. */
  public NgramHashes bareNgrams() {
    if (bareNgrams == null) {
      long[] some = new long[words];
      int count = 0;
      for (int i = 0; i < words; i++) {
        if (bareHashes[i] != 0) {
          some[count++] = bareHashes[i];
        }
      }
      bareNgrams = new NgramHashes(some, count);
    }
    return bareNgrams;
  }
}
