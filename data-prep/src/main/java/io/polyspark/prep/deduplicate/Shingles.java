package io.polyspark.prep.deduplicate;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.Arrays;

/**
 * The shingles of a text, its runs of W consecutive words, as 64-bit hashes. Two of a million
 * different shingles share a hash with a probability of 3e-8. The hash of a run is a polynomial in
 * the hashes of its words, so that the next one costs two multiplications.
 *
 * <p>Modulo 2^64, a word of UTF-16 units u(1) to u(k) has the hash mix(B^k + u(1) B^(k-1) + ... +
 * u(k)) with B = 0x9E3779B97F4A7C15, and a run of words with hashes w(1) to w(W) the hash mix(w(1)
 * D^(W-1) + ... + w(W)) with D = 0xD6E8FEB86659FD93; {@link #mix} is Stafford's.
 */
final class Shingles {
  private static final long LETTER_BASE = 0x9E3779B97F4A7C15L;
  private static final long WORD_BASE = 0xD6E8FEB86659FD93L;

  private Shingles() {}

  /**
   * The hashes in the order of the text, repetitions included; one of all words where they are
   * fewer than W, none where there is no word.
   *
   * @param text normalised: words stand apart by one space
   * @param words W, at least 1
   */
  static long[] of(String text, int words) {
    if (text.isEmpty()) {
      return new long[0];
    }
    long[] hashes = wordHashes(text);
    int window = Math.min(words, hashes.length);
    long leaving = 1;
    for (int i = 0; i < window; i++) {
      leaving *= WORD_BASE;
    }
    long[] shingles = new long[hashes.length - window + 1];
    long run = 0;
    for (int i = 0; i < hashes.length; i++) {
      run = run * WORD_BASE + hashes[i];
      if (i >= window) {
        run -= leaving * hashes[i - window];
      }
      if (i >= window - 1) {
        shingles[i - window + 1] = mix(run);
      }
    }
    return shingles;
  }

  /** The set of shingles for {@link #jaccard}: distinct hashes in ascending order, 8 bytes each. */
  static byte[] set(long[] shingles) {
    long[] sorted = shingles.clone();
    Arrays.sort(sorted);
    ByteBuffer set = ByteBuffer.allocate(8 * sorted.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < sorted.length; i++) {
      if (i == 0 || sorted[i] != sorted[i - 1]) {
        set.putLong(sorted[i]);
      }
    }
    return Arrays.copyOf(set.array(), set.position());
  }

  /** Jaccard similarity of two sets, the share of their union that both have; 0 for empty ones. */
  static double jaccard(byte[] first, byte[] second) {
    LongBuffer a = ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    LongBuffer b = ByteBuffer.wrap(second).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    int i = 0;
    int j = 0;
    int common = 0;
    while (i < a.limit() && j < b.limit()) {
      int order = Long.compare(a.get(i), b.get(j));
      common += order == 0 ? 1 : 0;
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }
    int union = a.limit() + b.limit() - common;
    return union == 0 ? 0 : (double) common / union;
  }

  /** David Stafford's mix 13 of the finalizer of MurmurHash3, a permutation of 64 bits. */
  static long mix(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }

  private static long[] wordHashes(String text) {
    long[] hashes = new long[text.length() / 2 + 1];
    int count = 0;
    long hash = 1;
    for (int i = 0; i < text.length(); i++) {
      char character = text.charAt(i);
      if (character == ' ') {
        hashes[count++] = mix(hash);
        hash = 1;
      } else {
        hash = hash * LETTER_BASE + character;
      }
    }
    hashes[count++] = mix(hash);
    return Arrays.copyOf(hashes, count);
  }
}
