package io.polyspark.model.tensor.vector;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/** Off-heap memory, counted by JavaCPP, that is freed as a whole. */
final class Memory implements AutoCloseable {
  /** A cache line: a vector of 64 bytes that crosses two costs twice. */
  private static final int ALIGNMENT = 64;

  private final List<FloatPointer> blocks = new ArrayList<>();

  /** A tensor of zeros. */
  VectorTensor allocate(long rows, long columns) {
    long length = Math.multiplyExact(rows, columns);
    FloatPointer block = new FloatPointer(Math.max(1, length) + ALIGNMENT / Float.BYTES);
    blocks.add(block);
    Pointer.memset(block, 0, block.capacity() * Float.BYTES);
    long aligned = (block.address() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return VectorTensor.at(aligned, rows, columns, this);
  }

  @Override
  public void close() {
    blocks.forEach(Pointer::deallocate);
    blocks.clear();
  }
}
