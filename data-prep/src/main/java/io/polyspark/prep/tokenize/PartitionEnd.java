package io.polyspark.prep.tokenize;

/** Comes after the last chunk of a partition, with its counts. */
final class PartitionEnd implements TokenizeOutput {
  private static final long serialVersionUID = 1L;

  private final Packed<PartitionSummary> summary;

  PartitionEnd(PartitionSummary summary) {
    this.summary = Packed.of(summary);
  }

  Packed<PartitionSummary> summary() {
    return summary;
  }
}
