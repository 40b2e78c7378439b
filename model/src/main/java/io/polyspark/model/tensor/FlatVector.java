package io.polyspark.model.tensor;

/**
 * A flat vector of float32 with a 64-bit length, read and written in pieces: the parameters of a
 * model, a gradient, a moment of the optimizer. It hides whether the numbers lie on the heap, off
 * it, or on a device, and is the only form in which they leave a replica: to chunks that travel,
 * and to checkpoints.
 */
public interface FlatVector {
  /** The number of elements. */
  long length();

  /**
   * Copies elements [offset, offset + count) into {@code into[at, at + count)}. The caller owns
   * {@code into}.
   *
   * @throws IndexOutOfBoundsException if either range is out of bounds
   */
  void read(long offset, float[] into, int at, int count);

  /**
   * Copies {@code from[at, at + count)} over elements [offset, offset + count). Nothing keeps a
   * reference to {@code from}.
   *
   * @throws IndexOutOfBoundsException if either range is out of bounds
   */
  void write(long offset, float[] from, int at, int count);

  /** Sets all elements to zero. */
  default void clear() {
    float[] zeros = new float[(int) Math.min(length(), 1 << 20)];
    for (long at = 0; at < length(); at += zeros.length) {
      write(at, zeros, 0, (int) Math.min(zeros.length, length() - at));
    }
  }
}
