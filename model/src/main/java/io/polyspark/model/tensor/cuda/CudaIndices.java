package io.polyspark.model.tensor.cuda;

import io.polyspark.model.tensor.Indices;

/**
 * A list of 32-bit ids in a card's memory.
 *
 * @param offset of the first, in bytes
 */
record CudaIndices(DeviceMemory memory, long offset, int length) implements Indices, Argument {
  static CudaIndices cuda(Indices indices) {
    return (CudaIndices) indices;
  }

  @Override
  public long address() {
    return memory.address() + offset;
  }
}
