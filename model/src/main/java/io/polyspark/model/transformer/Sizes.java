package io.polyspark.model.transformer;

/**
 * The sizes of a batch.
 *
 * @param batch B sequences
 * @param context T positions
 */
record Sizes(int batch, int context) {
  /** N. */
  long rows() {
    return (long) batch * context;
  }
}
