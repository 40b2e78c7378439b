package io.polyspark.prep.filter;

/**
 * What a text says more than once, as Gopher's rules on repetition measure it (arXiv 2112.11446,
 * table A1) and datatrove counts it.
 */
public final class Repetition {
  private final TextStatistics text;
  private final HashCounts seen = new HashCounts();
  private final int[] charactersBefore;
  private Duplicates lines;
  private Duplicates paragraphs;

  /** A length of n-grams of which no two are the same, so that none of the longer ones are. */
  private int uniqueFrom = Integer.MAX_VALUE;

  /**
   * Items that are the same as an earlier one.
   *
   * @param items how many items there are in all
   * @param duplicates those that are a repetition
   * @param characters what those have together
   */
  public record Duplicates(int items, int duplicates, long characters) {}

  Repetition(TextStatistics text) {
    this.text = text;
    this.charactersBefore = new int[text.words + 1];
    for (int i = 0; i < text.words; i++) {
      charactersBefore[i + 1] = charactersBefore[i] + text.wordLengths[i];
    }
  }

  /** Lines that stood in the text before. */
  public Duplicates lines() {
    if (lines == null) {
      seen.reset(text.lines);
      int duplicates = 0;
      long characters = 0;
      for (int i = 0; i < text.lines; i++) {
        if (seen.increment(text.lineHashes[i]) > 1) {
          duplicates++;
          characters += text.lineLengths[i];
        }
      }
      lines = new Duplicates(text.lines, duplicates, characters);
    }
    return lines;
  }

  /** Paragraphs that stood in the text before; a line's end within them is one character. */
  public Duplicates paragraphs() {
    if (paragraphs == null) {
      seen.reset(text.lines);
      int items = 0;
      int duplicates = 0;
      long characters = 0;
      for (int first = 0; first < text.lines; ) {
        int end = first;
        long hash = 0;
        long length = -1;
        while (end < text.lines && text.lineParagraphs[end] == text.lineParagraphs[first]) {
          hash = Hashes.add(hash, Hashes.mix(text.lineHashes[end]));
          length += text.lineLengths[end] + 1;
          end++;
        }
        items++;
        if (seen.increment(hash) > 1) {
          duplicates++;
          characters += length;
        }
        first = end;
      }
      paragraphs = new Duplicates(items, duplicates, characters);
    }
    return paragraphs;
  }

  /**
   * The characters of the most frequent n-gram, with blanks between its words, times how often it
   * occurs; of several equally frequent ones the first. 0 where no n-gram occurs twice.
   */
  public long topNgramCharacters(int n) {
    NgramHashes ngrams = text.ngrams();
    long power = NgramHashes.power(n);
    int count = ngrams.count(n);
    seen.reset(count);
    int most = 0;
    for (int i = 0; i < count; i++) {
      most = Math.max(most, seen.increment(ngrams.at(i, n, power)));
    }
    if (most < 2) {
      return 0;
    }
    int first = 0;
    while (seen.count(ngrams.at(first, n, power)) < most) {
      first++;
    }
    return (long) most * (characters(first, n) + n - 1);
  }

  /**
   * The characters, without blanks, of the n-grams that occurred before. A repetition is stepped
   * over as a whole, so that no character counts twice.
   */
  public long duplicateNgramCharacters(int n) {
    if (n > uniqueFrom) {
      return 0;
    }
    NgramHashes ngrams = text.ngrams();
    long power = NgramHashes.power(n);
    int count = ngrams.count(n);
    seen.reset(count);
    long characters = 0;
    for (int i = 0; i < count; ) {
      if (seen.increment(ngrams.at(i, n, power)) > 1) {
        characters += characters(i, n);
        i += n;
      } else {
        i++;
      }
    }
    if (characters == 0) {
      uniqueFrom = Math.min(uniqueFrom, n);
    }
    return characters;
  }

  private int characters(int from, int n) {
    return charactersBefore[from + n] - charactersBefore[from];
  }
}
