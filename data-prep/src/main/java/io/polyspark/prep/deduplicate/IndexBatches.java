package io.polyspark.prep.deduplicate;

import java.util.List;

/**
 * Which batches of an index belong to the version of a corpus that grows.
 *
 * @param known names of the batches that the documents are held against; others are not looked at
 * @param added name of the batch that the kept documents become, {@code batch-000002}; a batch of
 *     this name that a run which did not come to its end has left is replaced
 */
public record IndexBatches(List<String> known, String added) {
  /** Checks that nothing known is replaced. */
  public IndexBatches {
    known = List.copyOf(known);
    if (known.contains(added)) {
      throw new IllegalArgumentException(added + " is among the known batches " + known);
    }
  }
}
