package io.polyspark.prep.filter;

import java.util.Arrays;

/** Hashes of bare words: letters, digits and their marks, in lower case. */
final class BareWords {
  private BareWords() {}

  /** The hash of one whole word, as {@link TextStatistics#bareHash} gives it. */
  static long of(String word) {
    long sum = 0;
    for (int at = 0; at < word.length(); ) {
      int codePoint = word.codePointAt(at);
      int lower = Characters.bare(codePoint);
      if (lower != 0) {
        sum = Hashes.add(sum, lower);
      }
      at += Character.charCount(codePoint);
    }
    return hash(sum);
  }

  /** The hash of a bare word from the sum of its characters; never 0. */
  static long hash(long sum) {
    long hash = Hashes.mix(sum);
    return hash == 0 ? 1 : hash;
  }

  /** The hashes of the longest runs of letters, digits and marks: all else divides words. */
  static NgramHashes runs(String text) {
    long[] hashes = new long[16 + text.length() / 5];
    int count = 0;
    boolean inside = false;
    long sum = 0;
    for (int at = 0; at <= text.length(); ) {
      int codePoint = at < text.length() ? text.codePointAt(at) : ' ';
      int lower = Characters.bare(codePoint);
      if (lower != 0) {
        sum = Hashes.add(sum, lower);
        inside = true;
      } else if (inside) {
        if (count == hashes.length) {
          hashes = Arrays.copyOf(hashes, 2 * count);
        }
        hashes[count++] = hash(sum);
        inside = false;
        sum = 0;
      }
      at += Character.charCount(codePoint);
    }
    return new NgramHashes(hashes, count);
  }
}
