package io.polyspark.prep.deduplicate;

import io.polyspark.model.config.UserError;
import java.io.Serializable;

/**
 * What makes the fingerprint of a text; fingerprints can be compared where these are equal, so an
 * index is tied to them. The defaults are FineWeb's (arXiv 2406.17557): runs of 5 words, 14 bands
 * of 8 rows.
 *
 * @param letterCase what is made of capital letters
 * @param shingleWords words in a shingle, 1 to 100
 * @param bands b, bands of the signature, at least 1
 * @param rows r, rows in a band, at least 1; b x r is at most 1024
 * @param seed of the hash functions
 */
public record FingerprintOptions(
    LetterCase letterCase, int shingleWords, int bands, int rows, long seed)
    implements Serializable {
  private static final int MOST_WORDS = 100;
  private static final int MOST_HASHES = 1024;

  /** Five words, 14 bands of 8 rows, capitals kept. */
  public static final FingerprintOptions DEFAULTS =
      new FingerprintOptions(LetterCase.KEPT, 5, 14, 8, 1);

  /**
   * Checks the ranges.
   *
   * @throws UserError for a number out of its range
   */
  public FingerprintOptions {
    if (shingleWords < 1 || shingleWords > MOST_WORDS) {
      throw UserError.of(
          "Cannot compare runs of %d words; give shingle_words a number from 1 to %d.",
          shingleWords, MOST_WORDS);
    }
    if (bands < 1 || rows < 1 || (long) bands * rows > MOST_HASHES) {
      throw UserError.of(
          "Cannot use %d bands of %d rows; give bands and rows, each at least 1, whose product is"
              + " at most %d.",
          bands, rows, MOST_HASHES);
    }
  }

  /** The same with another treatment of capital letters. */
  public FingerprintOptions withLetterCase(LetterCase other) {
    return new FingerprintOptions(other, shingleWords, bands, rows, seed);
  }

  /** The same with shingles of another length. */
  public FingerprintOptions withShingleWords(int words) {
    return new FingerprintOptions(letterCase, words, bands, rows, seed);
  }

  /** The same with another signature. */
  public FingerprintOptions withBands(int otherBands, int otherRows) {
    return new FingerprintOptions(letterCase, shingleWords, otherBands, otherRows, seed);
  }

  /** The same with other hash functions. */
  public FingerprintOptions withSeed(long other) {
    return new FingerprintOptions(letterCase, shingleWords, bands, rows, other);
  }
}
