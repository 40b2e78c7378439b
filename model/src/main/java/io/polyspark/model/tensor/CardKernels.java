package io.polyspark.model.tensor;

/**
 * Kernels of our own for cards, found by {@link java.util.ServiceLoader}: the jar with ND4J's CUDA
 * back end, which is bound to another version of CUDA's libraries, is built without them.
 */
public interface CardKernels {
  /**
   * Where kernels of one replica come from, on the card of the calling thread. The card is opened
   * when something is first computed.
   */
  KernelsSource source(Dtype dtype);

  /** Kernels that say sizes, on a machine that need not have a card. */
  Kernels sizes(Dtype dtype);

  /**
   * What kernels on a card say of themselves.
   *
   * @param capability the card's compute capability
   * @param dtype what products read
   */
  String description(String capability, Dtype dtype);
}
