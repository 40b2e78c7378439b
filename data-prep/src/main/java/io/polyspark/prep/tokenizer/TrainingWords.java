package io.polyspark.prep.tokenizer;

import java.util.Arrays;

/**
 * The words that pairs are counted in, as ids that merge in place, and how often each word occurs.
 * Takes four bytes for each byte of a word and sixteen for the word.
 */
final class TrainingWords {
  private int[] ids = new int[1 << 16];
  private int[] starts = new int[1 << 12];
  private int[] lengths = new int[1 << 12];
  private long[] counts = new long[1 << 12];
  private int size;
  private int end;

  /**
   * Adds a word.
   *
   * @param word its bytes, one a character
   * @param byteIds the id of each byte
   */
  void add(String word, long count, int[] byteIds) {
    if (size == starts.length) {
      starts = Arrays.copyOf(starts, 2 * size);
      lengths = Arrays.copyOf(lengths, 2 * size);
      counts = Arrays.copyOf(counts, 2 * size);
    }
    int needed = Math.addExact(end, word.length());
    if (needed > ids.length) {
      ids = Arrays.copyOf(ids, (int) Math.min(Integer.MAX_VALUE - 16, Math.max(needed, 2L * end)));
    }
    for (int i = 0; i < word.length(); i++) {
      ids[end + i] = byteIds[word.charAt(i)];
    }
    starts[size] = end;
    lengths[size] = word.length();
    counts[size] = count;
    end = needed;
    size++;
  }

  int size() {
    return size;
  }

  int length(int word) {
    return lengths[word];
  }

  int id(int word, int index) {
    return ids[starts[word] + index];
  }

  long count(int word) {
    return counts[word];
  }

  /** Puts an id over what has been read, while a word is rewritten from its start. */
  void set(int word, int index, int id) {
    ids[starts[word] + index] = id;
  }

  /** Ends a word earlier. */
  void shorten(int word, int length) {
    lengths[word] = length;
  }
}
