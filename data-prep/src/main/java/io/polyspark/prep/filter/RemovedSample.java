package io.polyspark.prep.filter;

import io.polyspark.model.tokenize.Sha256;
import io.polyspark.prep.read.Document;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;

/**
 * A few of the documents that one rule removed, for people to read: those k whose seeded hashes are
 * the smallest. Which ones that are depends neither on the order of the documents nor on how they
 * were divided among tasks. A document's id is that of its text, the first 64 bits of its SHA-256,
 * so that the same text is there once.
 *
 * @param size k
 * @param seed another one gives another sample
 * @param entries the documents, by rank
 */
public record RemovedSample(int size, long seed, List<Entry> entries) implements Serializable {
  private static final int ID_BYTES = 8;
  private static final int MOST_CHARACTERS = 2000;

  /**
   * A removed document.
   *
   * @param rank the seeded hash of its id
   * @param id 16 hexadecimal digits
   * @param text its first 2,000 characters, as it was when it was removed
   */
  public record Entry(long rank, String id, String text) implements Serializable {}

  /** A sample of nothing yet. */
  static RemovedSample empty(int size, long seed) {
    return new RemovedSample(size, seed, List.of());
  }

  /**
   * The sample with one more document to choose from.
   *
   * @param input as it was read, which gives the id
   * @param removed as it was when it was removed
   */
  RemovedSample plus(Document input, Document removed) {
    if (size == 0) {
      return this;
    }
    byte[] digest = Sha256.digest().digest(input.utf8());
    long rank = Hashes.mix(ByteBuffer.wrap(digest).getLong() ^ Hashes.mix(seed));
    if (entries.size() == size && rank > entries.get(size - 1).rank()) {
      return this;
    }
    String id = HexFormat.of().formatHex(digest, 0, ID_BYTES);
    return plus(
        new RemovedSample(size, seed, List.of(new Entry(rank, id, excerpt(removed.text())))));
  }

  /** The sample of both. */
  RemovedSample plus(RemovedSample other) {
    TreeSet<Entry> all =
        new TreeSet<>(Comparator.comparingLong(Entry::rank).thenComparing(Entry::id));
    all.addAll(entries);
    all.addAll(other.entries);
    return new RemovedSample(size, seed, all.stream().limit(size).toList());
  }

  private static String excerpt(String text) {
    return text.codePointCount(0, text.length()) <= MOST_CHARACTERS
        ? text
        : text.substring(0, text.offsetByCodePoints(0, MOST_CHARACTERS));
  }
}
