package io.polyspark.model.tensor;

/** Where a replica computes. */
public enum Device {
  /** On the processor's cores. */
  CPU,
  /**
   * On a GPU of NVIDIA's: by ND4J's CUDA back end where that is on the class path, else by kernels
   * of our own.
   */
  CUDA
}
