package io.polyspark.model.tensor.cuda;

import io.polyspark.model.tensor.Tensor;

/**
 * A row-major matrix in a card's memory: a place in a {@link DeviceMemory} whose address is asked
 * for when something is computed, because memory may be planned before it is taken.
 *
 * @param offset of the first element, in bytes
 */
record CudaTensor(DeviceMemory memory, long offset, long rows, long columns, ElementType type)
    implements Tensor, Argument {
  static CudaTensor cuda(Tensor tensor) {
    return (CudaTensor) tensor;
  }

  /** Rows [from, to), over the same memory. */
  CudaTensor rows(long from, long to) {
    return new CudaTensor(memory, offset + from * columns * type.bytes(), to - from, columns, type);
  }

  /** The size of all elements. */
  long bytes() {
    return length() * type.bytes();
  }

  @Override
  public long address() {
    return memory.address() + offset;
  }
}
