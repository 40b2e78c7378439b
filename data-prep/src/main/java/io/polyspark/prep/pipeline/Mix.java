package io.polyspark.prep.pipeline;

import io.polyspark.model.tokenize.Sha256;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * How often a document is in the training data, and where: a function of the seed and of where the
 * document is from alone, so that any cluster mixes alike. Documents lie in the order of a 128-bit
 * hash, each copy by a hash of its own, far from the others.
 *
 * @param seed another one gives another order, and other documents to sources of broken weight
 */
record Mix(long seed) implements Serializable {
  private static final double TWO_TO_THE_53 = 0x1p53;

  /** The golden ratio's binary digits, as in SplitMix64. */
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  /** A place in the order: the first half decides the file. */
  record Key(long high, long low) {}

  /**
   * Of the document's first copy.
   *
   * @param source the source's name and the file
   */
  Key key(String source, long position) {
    String identity = seed + "\0" + source + "\0" + position;
    ByteBuffer digest =
        ByteBuffer.wrap(Sha256.digest().digest(identity.getBytes(StandardCharsets.UTF_8)));
    return new Key(digest.getLong(), digest.getLong());
  }

  /** Of another copy. */
  static Key copy(Key first, int copy) {
    return copy == 0 ? first : new Key(mix(first.high() + copy * GOLDEN), first.low());
  }

  /**
   * How many copies of a document a source has: its weight, or the whole numbers around it so that
   * they are the weight on average.
   */
  static int copies(Key key, double weight) {
    int whole = (int) weight;
    double chance = (mix(key.low()) >>> 11) / TWO_TO_THE_53;
    return chance < weight - whole ? whole + 1 : whole;
  }

  /** Which of so many files a copy is in: equal parts of the range of its hash. */
  static int shard(Key key, int shards) {
    return (int) (((key.high() >>> 33) * shards) >>> 31);
  }

  /** The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). */
  private static long mix(long z) {
    long mixed = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }
}
