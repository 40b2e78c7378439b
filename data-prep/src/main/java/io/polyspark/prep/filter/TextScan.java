package io.polyspark.prep.filter;

import java.util.Arrays;

/** The one pass over a text's characters that fills its statistics. */
final class TextScan {
  private static final int FEWEST_WORDS = 16;
  private static final int FEWEST_LINES = 8;

  private final char[] text;
  private final TextStatistics result;

  private boolean inWord;
  private int wordLength;
  private long wordHash;
  private long bareHash;
  private boolean bare;
  private boolean alphabetic;

  private boolean inLine;
  private int lineLength;
  private long lineHash;

  private int paragraph;
  private boolean paragraphEnded = true;
  private int dots;

  TextScan(char[] text) {
    this.text = text;
    this.result = new TextStatistics(text);
    int someWords = FEWEST_WORDS + text.length / 5;
    result.wordHashes = new long[someWords];
    result.bareHashes = new long[someWords];
    result.wordLengths = new int[someWords];
    growLines(FEWEST_LINES + text.length / 100);
  }

  TextStatistics run() {
    int at = 0;
    while (at < text.length) {
      char c = text[at];
      if (Characters.isSpace(c)) {
        space(c);
        at++;
      } else {
        int codePoint = c < Character.MIN_SURROGATE ? c : Character.codePointAt(text, at);
        int next = at + Character.charCount(codePoint);
        letter(codePoint, at, next);
        at = next;
      }
    }
    endDots();
    endWord();
    endLine();
    return result;
  }

  private void space(char c) {
    endDots();
    endWord();
    result.characters++;
    if (c == '\n') {
      result.newlines++;
      if (!inLine) {
        paragraphEnded = true;
      }
      endLine();
    } else if (inLine) {
      lineLength++;
      lineHash = Hashes.add(lineHash, c);
    }
  }

  private void letter(int codePoint, int start, int end) {
    if (!inLine) {
      startLine(start);
    }
    if (!inWord) {
      inWord = true;
      wordLength = 0;
      wordHash = 0;
      bareHash = 0;
      bare = false;
      alphabetic = false;
    }
    result.characters++;
    wordLength++;
    wordHash = Hashes.add(wordHash, codePoint);
    int lower = Characters.bare(codePoint);
    if (lower != 0) {
      bare = true;
      bareHash = Hashes.add(bareHash, lower);
      alphabetic |= Character.isLetter(codePoint);
    }
    int line = result.lines - 1;
    lineLength++;
    lineHash = Hashes.add(lineHash, codePoint);
    result.lineEnds[line] = end;
    result.lineLengths[line] = lineLength;
    result.lineHashes[line] = lineHash;
    count(codePoint);
  }

  private void count(int codePoint) {
    if (codePoint == '.') {
      dots++;
      return;
    }
    endDots();
    if (codePoint == '#') {
      result.hashSymbols++;
    } else if (codePoint == '…') {
      result.ellipses++;
    }
  }

  private void endDots() {
    result.ellipses += dots / 3;
    dots = 0;
  }

  private void endWord() {
    if (!inWord) {
      return;
    }
    inWord = false;
    int word = result.words++;
    if (word == result.wordHashes.length) {
      int length = 2 * word;
      result.wordHashes = Arrays.copyOf(result.wordHashes, length);
      result.bareHashes = Arrays.copyOf(result.bareHashes, length);
      result.wordLengths = Arrays.copyOf(result.wordLengths, length);
    }
    result.wordHashes[word] = Hashes.mix(wordHash);
    // Never 0, which says that there is none.
    result.bareHashes[word] = bare ? BareWords.hash(bareHash) : 0;
    result.wordLengths[word] = wordLength;
    result.wordCharacters += wordLength;
    result.alphabeticWords += alphabetic ? 1 : 0;
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

  private void endLine() {
    inLine = false;
  }

  private void growLines(int length) {
    boolean first = result.lineStarts == null;
    result.lineStarts = first ? new int[length] : Arrays.copyOf(result.lineStarts, length);
    result.lineEnds = first ? new int[length] : Arrays.copyOf(result.lineEnds, length);
    result.lineLengths = first ? new int[length] : Arrays.copyOf(result.lineLengths, length);
    result.lineWords = first ? new int[length] : Arrays.copyOf(result.lineWords, length);
    result.lineParagraphs = first ? new int[length] : Arrays.copyOf(result.lineParagraphs, length);
    result.lineHashes = first ? new long[length] : Arrays.copyOf(result.lineHashes, length);
  }
}
