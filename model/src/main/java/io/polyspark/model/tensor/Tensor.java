package io.polyspark.model.tensor;

/**
 * A dense row-major matrix [rows, columns] in memory that a {@link Kernels} knows; a vector is one
 * row, or one column where it holds a number per row of another tensor. Where the memory lies and
 * of which dtype it is are the back end's own affair. A tensor is owned by whoever allocated it, or
 * is a view of a flat vector that somebody else owns.
 */
public interface Tensor {
  /** The number of rows. */
  long rows();

  /** The number of columns. */
  long columns();

  /** The number of elements. */
  default long length() {
    return rows() * columns();
  }
}
