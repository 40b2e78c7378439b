package io.polyspark.model.tokenize;

import java.util.Arrays;

/**
 * The ids of words that were met, since text is made of few words. Bounded: about {@value
 * #MOST_BYTES} bytes and as many ids of four bytes; a cache that is full forgets everything and
 * starts anew. Not for several threads.
 */
final class WordCache {
  /** Longer words are rare, and few of them come again. */
  static final int LONGEST_WORD = 64;

  private static final int MOST_WORDS = 1 << 16;
  private static final int MOST_BYTES = 1 << 20;
  private static final int SLOTS = 2 * MOST_WORDS;

  /** For each slot the number of the word that lies there, from 1; 0 where there is none. */
  private final int[] slots = new int[SLOTS];

  private final int[] hashes = new int[MOST_WORDS];
  private final int[] byteEnds = new int[MOST_WORDS + 1];
  private final int[] idEnds = new int[MOST_WORDS + 1];
  private final byte[] bytes = new byte[MOST_BYTES];
  private final int[] ids = new int[MOST_BYTES];
  private int words;

  static int hash(byte[] text, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + text[i];
    }
    hash *= 0x9e3779b9;
    return hash ^ hash >>> 15;
  }

  /** Adds a word's ids, if they are known, and says whether they were. */
  boolean addTo(IdBuffer out, byte[] text, int from, int to, int hash) {
    for (int slot = hash & SLOTS - 1; slots[slot] != 0; slot = slot + 1 & SLOTS - 1) {
      int word = slots[slot] - 1;
      if (hashes[word] == hash
          && Arrays.equals(text, from, to, bytes, byteEnds[word], byteEnds[word + 1])) {
        out.add(ids, idEnds[word], idEnds[word + 1] - idEnds[word]);
        return true;
      }
    }
    return false;
  }

  /**
   * Keeps the ids of a word that is not yet here.
   *
   * @param source holds the word's ids from {@code firstId} to its end
   */
  void put(byte[] text, int from, int to, int hash, IdBuffer source, int firstId) {
    int length = to - from;
    if (length > LONGEST_WORD) {
      return;
    }
    if (words == MOST_WORDS || byteEnds[words] + length > MOST_BYTES) {
      Arrays.fill(slots, 0);
      words = 0;
    }
    System.arraycopy(text, from, bytes, byteEnds[words], length);
    // A word has no more ids than bytes.
    int id = idEnds[words];
    for (int i = firstId; i < source.size(); i++) {
      ids[id++] = source.get(i);
    }
    hashes[words] = hash;
    byteEnds[words + 1] = byteEnds[words] + length;
    idEnds[words + 1] = id;
    words++;
    int slot = hash & SLOTS - 1;
    while (slots[slot] != 0) {
      slot = slot + 1 & SLOTS - 1;
    }
    slots[slot] = words;
  }
}
