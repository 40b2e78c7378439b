package io.polyspark.model.transformer;

/**
 * What a block computes again in the backward pass instead of keeping it from the forward pass
 * (arXiv 1604.06174). It trades time for memory and changes no bits: the same operations run again
 * on the same inputs.
 */
public enum Recompute {
  /** Nothing. */
  NONE,
  /** What lies inside the MLP or the experts, from their normed input on. */
  MLP,
  /** All of the block, from its input on. */
  BLOCK
}
