package io.polyspark.prep.deduplicate;

import java.util.List;

/**
 * What a deduplication found. Every document of the batch is counted once: {@code documents = kept
 * + exactDuplicates + nearDuplicates}.
 *
 * @param documents that came in
 * @param kept that stay, those included that were accepted before
 * @param acceptedBefore of those that stay, the documents that the index knew by source, position
 *     and text
 * @param exactDuplicates documents whose normalised text another one has, of the batch or the index
 * @param nearDuplicates documents with a text of their own, dropped since a similar one is kept
 * @param similarPairs pairs of similar texts that were found, which is what clusters are made of
 * @param clusters with at least two documents of the batch, exact duplicates included
 * @param largestClusters the largest of them, at most {@value #MOST_CLUSTERS}, largest first
 */
public record DeduplicateStatistics(
    long documents,
    long kept,
    long acceptedBefore,
    long exactDuplicates,
    long nearDuplicates,
    long similarPairs,
    long clusters,
    List<Cluster> largestClusters) {
  /** Clusters that are listed. */
  public static final int MOST_CLUSTERS = 20;

  /**
   * Documents that are equal or similar.
   *
   * @param documents of the batch in it
   * @param source where the document is from that stands for them, which may be one of an earlier
   *     batch
   * @param position of that document in its source
   */
  public record Cluster(long documents, String source, long position) {}
}
