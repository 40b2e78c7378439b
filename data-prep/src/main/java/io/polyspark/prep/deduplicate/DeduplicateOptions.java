package io.polyspark.prep.deduplicate;

import io.polyspark.model.config.UserError;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What a deduplication does.
 *
 * @param fingerprints how texts are compared
 * @param verifyThreshold the least Jaccard similarity of two texts' shingles, 0 to 1, at which they
 *     are taken as near-duplicates of each other; empty: that they share a bucket is enough
 * @param workDirectory where intermediate tables are written, on a file system that all executors
 *     share; it takes some hundred bytes a document, and with verification 8 for each word of those
 *     that share a bucket
 * @param index the directory that remembers what was accepted; empty: the batch stands alone
 * @param batches of the index, for a corpus that grows: then no document that the index knows is
 *     kept, not even one of the same place; empty: all batches, and what was accepted is kept again
 */
public record DeduplicateOptions(
    FingerprintOptions fingerprints,
    OptionalDouble verifyThreshold,
    String workDirectory,
    Optional<String> index,
    Optional<IndexBatches> batches) {
  /** Half of the shingles of both texts. */
  public static final double DEFAULT_VERIFY_THRESHOLD = 0.5;

  /**
   * Checks the ranges.
   *
   * @throws UserError for a threshold that is no similarity
   */
  public DeduplicateOptions {
    double threshold = verifyThreshold.orElse(0);
    if (!(threshold >= 0 && threshold <= 1)) {
      throw UserError.of(
          "Cannot verify with a similarity of %s; give verify_threshold a number from 0 to 1.",
          threshold);
    }
  }

  /** The defaults: verified at a similarity of 0.5, without an index. */
  public static DeduplicateOptions in(String workDirectory) {
    return new DeduplicateOptions(
        FingerprintOptions.DEFAULTS,
        OptionalDouble.of(DEFAULT_VERIFY_THRESHOLD),
        workDirectory,
        Optional.empty(),
        Optional.empty());
  }

  /** The same with other fingerprints. */
  public DeduplicateOptions withFingerprints(FingerprintOptions other) {
    return new DeduplicateOptions(other, verifyThreshold, workDirectory, index, batches);
  }

  /** The same with another threshold. */
  public DeduplicateOptions withVerification(double threshold) {
    return new DeduplicateOptions(
        fingerprints, OptionalDouble.of(threshold), workDirectory, index, batches);
  }

  /** The same without verification. */
  public DeduplicateOptions withoutVerification() {
    return new DeduplicateOptions(
        fingerprints, OptionalDouble.empty(), workDirectory, index, batches);
  }

  /** The same against an index. */
  public DeduplicateOptions withIndex(String directory) {
    return new DeduplicateOptions(
        fingerprints, verifyThreshold, workDirectory, Optional.of(directory), Optional.empty());
  }

  /** The same against some batches of an index, to which what is kept is added as another. */
  public DeduplicateOptions withIndex(String directory, IndexBatches some) {
    return new DeduplicateOptions(
        fingerprints, verifyThreshold, workDirectory, Optional.of(directory), Optional.of(some));
  }
}
