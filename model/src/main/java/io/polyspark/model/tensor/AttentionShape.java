package io.polyspark.model.tensor;

/**
 * The sizes of causal attention with grouped queries (arXiv 2305.13245): query head h reads
 * key-value head h / (heads / keyValueHeads).
 *
 * @param sequences B
 * @param positions T
 * @param heads H
 * @param keyValueHeads the number of key-value heads, which divides H
 * @param headSize the width d of one head
 */
public record AttentionShape(
    int sequences, int positions, int heads, int keyValueHeads, int headSize) {
  /** The number of query heads that share a key-value head. */
  public int group() {
    return heads / keyValueHeads;
  }
}
