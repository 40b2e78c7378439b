package io.polyspark.prep.deduplicate;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * MinHash signatures (Broder, 1997) and their bands (Indyk and Motwani, 1998; Leskovec, Rajaraman
 * and Ullman, Mining of Massive Datasets, chapter 3). A signature is, for each of b x r hash
 * functions, the least hash of all shingles; two texts agree in one with a probability equal to
 * their Jaccard similarity s, and in all r rows of at least one of b bands with 1 - (1 - s^r)^b.
 *
 * <p>The functions are multiply-add modulo 2^64 (Dietzfelbinger et al., 1997), h(x) = a x + c with
 * random odd a and random c, over shingles that are well mixed already: no permutations, one
 * multiplication for each function and shingle. The order of the products is that of their highest
 * bits, which are the good ones. The numbers are those of {@link SplittableRandom} from the seed:
 * first all a, the lowest bit set, then all c; the least is that of signed numbers.
 */
final class MinHash {
  private final int bands;
  private final int rows;
  private final long[] factors;
  private final long[] addends;

  /**
   * The functions of a seed.
   *
   * @param bands b, at least 1
   * @param rows r, at least 1
   */
  MinHash(int bands, int rows, long seed) {
    this.bands = bands;
    this.rows = rows;
    SplittableRandom random = new SplittableRandom(seed);
    this.factors = random.longs((long) bands * rows).map(factor -> factor | 1).toArray();
    this.addends = random.longs((long) bands * rows).toArray();
  }

  /**
   * The signature of a text.
   *
   * @param shingles at least one
   * @return b x r least hashes, those of a band beside each other; the caller's
   */
  long[] signature(long[] shingles) {
    long[] least = new long[factors.length];
    Arrays.fill(least, Long.MAX_VALUE);
    for (long shingle : shingles) {
      lower(least, factors, addends, shingle);
    }
    return least;
  }

  /**
   * The keys of the buckets that a text is in, one for each band; different bands have different
   * keys. The caller's.
   *
   * @param signature as {@link #signature} gives it
   */
  long[] bandKeys(long[] signature) {
    long[] keys = new long[bands];
    for (int band = 0; band < bands; band++) {
      long key = Shingles.mix(band + 1);
      for (int row = 0; row < rows; row++) {
        key = Shingles.mix(key ^ signature[band * rows + row]);
      }
      keys[band] = key;
    }
    return keys;
  }

  /** Out of the loop over shingles, in a form that compilers turn into vector instructions. */
  private static void lower(long[] least, long[] factors, long[] addends, long shingle) {
    for (int i = 0; i < least.length; i++) {
      least[i] = Math.min(least[i], factors[i] * shingle + addends[i]);
    }
  }
}
