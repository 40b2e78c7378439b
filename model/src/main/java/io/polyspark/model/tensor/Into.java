package io.polyspark.model.tensor;

/** What an operation does with what its output held before. */
public enum Into {
  /** The result replaces it. */
  OVERWRITE,
  /** The result is added to it. */
  ADD
}
