package io.polyspark.prep.filter;

import java.util.Arrays;

/** The one pass over a text's characters that fills its statistics. */
final class TextScan {
  private static final int FEWEST_WORDS = 16;
  private static final int FEWEST_LINES = 8;

  private final char[] text;
  private final TextStatistics result;

  private boolean inLine;
  private int lineLength;
  private long lineHash;
  private int paragraph;
  private boolean paragraphEnded = true;

  TextScan(char[] text) {
    this.text = text;
    this.result = new TextStatistics(text);
    int someWords = FEWEST_WORDS + text.length / 5;
    result.wordHashes = new long[someWords];
    result.bareHashes = new long[someWords];
    result.wordLengths = new int[someWords];
    int someLines = FEWEST_LINES + text.length / 100;
    result.lineStarts = new int[someLines];
    result.lineEnds = new int[someLines];
    result.lineLengths = new int[someLines];
    result.lineWords = new int[someLines];
    result.lineParagraphs = new int[someLines];
    result.lineHashes = new long[someLines];
  }

  TextStatistics run() {
    int at = 0;
    while (at < text.length) {
      if (Characters.isSpace(text[at])) {
        space(text[at]);
        at++;
      } else {
        if (!inLine) {
          startLine(at);
        }
        at = word(at);
      }
    }
    return result;
  }

  private void space(char c) {
    result.characters++;
    if (c == '\n') {
      result.newlines++;
      paragraphEnded |= !inLine;
      inLine = false;
    } else if (inLine) {
      lineLength++;
      lineHash = Hashes.add(lineHash, c);
    }
  }

  /** Reads a word and returns where it ends. */
  private int word(int start) {
    long hash = 0;
    long bareHash = 0;
    boolean bare = false;
    boolean alphabetic = false;
    int length = 0;
    int at = start;
    while (at < text.length && !Characters.isSpace(text[at])) {
      int codePoint =
          text[at] < Character.MIN_SURROGATE ? text[at] : Character.codePointAt(text, at);
      hash = Hashes.add(hash, codePoint);
      int lower = Characters.bare(codePoint);
      if (lower != 0) {
        bareHash = Hashes.add(bareHash, lower);
        bare = true;
        alphabetic = alphabetic || Character.isLetter(codePoint);
      } else {
        countSymbol(codePoint, at);
      }
      length++;
      at += codePoint < Character.MIN_SUPPLEMENTARY_CODE_POINT ? 1 : 2;
    }
    // Never 0, which says that there is none.
    addWord(Hashes.mix(hash), bare ? BareWords.hash(bareHash) : 0, length);
    result.alphabeticWords += alphabetic ? 1 : 0;
    endsLineSoFar(at);
    return at;
  }

  private void countSymbol(int codePoint, int at) {
    if (codePoint == '#') {
      result.hashSymbols++;
    } else if (codePoint == '…') {
      result.ellipses++;
    } else if (codePoint == '.' && (at == 0 || text[at - 1] != '.')) {
      int end = at;
      while (end < text.length && text[end] == '.') {
        end++;
      }
      result.ellipses += (end - at) / 3;
    }
  }

  private void addWord(long hash, long bareHash, int length) {
    int word = result.words++;
    if (word == result.wordHashes.length) {
      int room = 2 * word;
      result.wordHashes = Arrays.copyOf(result.wordHashes, room);
      result.bareHashes = Arrays.copyOf(result.bareHashes, room);
      result.wordLengths = Arrays.copyOf(result.wordLengths, room);
    }
    result.wordHashes[word] = hash;
    result.bareHashes[word] = bareHash;
    result.wordLengths[word] = length;
    result.wordCharacters += length;
    result.characters += length;
    lineLength += length;
    lineHash = Hashes.add(lineHash, hash);
  }

  private void startLine(int start) {
    inLine = true;
    lineLength = 0;
    lineHash = 0;
    int line = result.lines++;
    if (line == result.lineStarts.length) {
      growLines(2 * line);
    }
    paragraph += paragraphEnded ? 1 : 0;
    paragraphEnded = false;
    result.lineStarts[line] = start;
    result.lineWords[line] = result.words;
    result.lineParagraphs[line] = paragraph;
  }

  /** Any word may be the last of its line; white space behind it is not the line's. */
  private void endsLineSoFar(int end) {
    int line = result.lines - 1;
    result.lineEnds[line] = end;
    result.lineLengths[line] = lineLength;
    result.lineHashes[line] = lineHash;
  }

  private void growLines(int room) {
    result.lineStarts = Arrays.copyOf(result.lineStarts, room);
    result.lineEnds = Arrays.copyOf(result.lineEnds, room);
    result.lineLengths = Arrays.copyOf(result.lineLengths, room);
    result.lineWords = Arrays.copyOf(result.lineWords, room);
    result.lineParagraphs = Arrays.copyOf(result.lineParagraphs, room);
    result.lineHashes = Arrays.copyOf(result.lineHashes, room);
  }
}
