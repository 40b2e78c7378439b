package io.polyspark.prep.pipeline;

import io.polyspark.prep.deduplicate.IndexBatches;
import java.util.List;
import java.util.Optional;

/**
 * What documents are deduplicated against besides each other.
 *
 * @param index its directory; empty where there is none
 * @param batches those of the version that a run goes on from
 * @param added what the name of the batch that a run adds begins with
 */
record Known(Optional<String> index, List<String> batches, String added) {
  /** A run of its own. */
  static final Known NOTHING = new Known(Optional.empty(), List.of(), "");

  /**
   * The batches for a deduplication, which adds one of its own name: that of a run that did not
   * come to its end, on other input, is another.
   */
  IndexBatches batches(Fingerprint deduplication) {
    return new IndexBatches(batches, batch(deduplication));
  }

  /** The name of the batch that a deduplication adds. */
  String batch(Fingerprint deduplication) {
    return added + "-" + deduplication.shortName();
  }
}
