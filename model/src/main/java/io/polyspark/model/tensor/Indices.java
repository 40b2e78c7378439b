package io.polyspark.model.tensor;

/**
 * A list of token ids in memory that a {@link Kernels} knows, of a fixed length, filled anew for
 * every batch.
 */
public interface Indices {
  /** The number of ids. */
  int length();
}
