package io.polyspark.model.tensor;

/** The dtype of all tensors of a {@link Kernels}. */
public enum Precision {
  /** For training. */
  FLOAT32(4),
  /** For checking mathematics. */
  FLOAT64(8);

  private final int bytes;

  Precision(int bytes) {
    this.bytes = bytes;
  }

  /** The size of one element. */
  public int bytes() {
    return bytes;
  }
}
