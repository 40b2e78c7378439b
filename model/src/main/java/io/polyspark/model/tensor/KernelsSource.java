package io.polyspark.model.tensor;

import java.util.Optional;

/**
 * Where one replica's kernels come from, and on a device its vectors. All kernels of a source
 * compute in the order in which they are called, whichever of them is. Closed after all that it
 * made.
 */
public interface KernelsSource extends AutoCloseable {
  /** New kernels, which the caller closes. */
  Kernels create();

  /**
   * A new flat vector of zeros in the memory that these kernels compute in, freed by {@link
   * #close}; nothing where that is the memory of ND4J's arrays.
   */
  Optional<FlatVector> vector(long length);

  @Override
  void close();
}
