package io.polyspark.model.tensor;

/**
 * The matrix products of whatever a {@link Kernels} computed between the recording's beginning and
 * its end: what a step would take if everything else were free.
 */
public interface ProductRecording extends AutoCloseable {
  /**
   * Multiplies all of it again: the same operands on the same threads, back to back, with nothing
   * in between. Results go where they went before, so those of a sum are worth nothing afterwards.
   */
  void replay();

  /** Ends the recording; it can still be replayed as long as the kernels are open. */
  @Override
  void close();
}
