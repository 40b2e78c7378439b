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

  /** For each slot the number of the word that lies there, from 1; 0 where there is none. */
  private int[] slots = new int[1 << 11];

  private int[] hashes = new int[1 << 10];
  private int[] byteEnds = new int[hashes.length + 1];
  private int[] idEnds = new int[hashes.length + 1];
  private byte[] bytes = new byte[1 << 13];

  /** A word has no more ids than bytes. */
  private int[] ids = new int[bytes.length];

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
    int mask = slots.length - 1;
    for (int slot = hash & mask; slots[slot] != 0; slot = slot + 1 & mask) {
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
    makeRoom(length);
    System.arraycopy(text, from, bytes, byteEnds[words], length);
    int id = idEnds[words];
    for (int i = firstId; i < source.size(); i++) {
      ids[id++] = source.get(i);
    }
    hashes[words] = hash;
    byteEnds[words + 1] = byteEnds[words] + length;
    idEnds[words + 1] = id;
    words++;
    place(words);
  }

  private void makeRoom(int length) {
    if (words == MOST_WORDS || byteEnds[words] + length > MOST_BYTES) {
      Arrays.fill(slots, 0);
      words = 0;
    }
    if (words == hashes.length) {
      hashes = Arrays.copyOf(hashes, 2 * words);
      byteEnds = Arrays.copyOf(byteEnds, 2 * words + 1);
      idEnds = Arrays.copyOf(idEnds, 2 * words + 1);
      slots = new int[4 * words];
      for (int word = 1; word <= words; word++) {
        place(word);
      }
    }
    if (byteEnds[words] + length > bytes.length) {
      bytes = Arrays.copyOf(bytes, 2 * bytes.length);
      ids = Arrays.copyOf(ids, bytes.length);
    }
  }

  /** Finds a slot for a word, by its number from 1. */
  private void place(int word) {
    int mask = slots.length - 1;
    int slot = hashes[word - 1] & mask;
    while (slots[slot] != 0) {
      slot = slot + 1 & mask;
    }
    slots[slot] = word;
  }
}
