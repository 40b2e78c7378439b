package io.polyspark.model.tensor.vector;

import io.polyspark.model.tensor.Tensor;
import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;

/**
 * A tensor of float32 off the heap: an address for BLAS, and for the Vector API buffers, which end
 * at 2 GB, so that there is one per slab of whole rows.
 */
final class VectorTensor implements Tensor {
  private static final long LARGEST_BUFFER = Integer.MAX_VALUE - 7L;

  private final long address;
  private final long rows;
  private final long columns;
  private final long rowsPerSlab;
  private final ByteBuffer[] slabs;

  // Never read: keeps whoever owns the memory from being collected.
  @SuppressWarnings({"UnusedVariable", "FieldCanBeLocal"})
  private final Object owner;

  private VectorTensor(
      long address, long rows, long columns, long rowsPerSlab, ByteBuffer[] slabs, Object owner) {
    this.address = address;
    this.rows = rows;
    this.columns = columns;
    this.rowsPerSlab = rowsPerSlab;
    this.slabs = slabs;
    this.owner = owner;
  }

  /**
   * A tensor over memory that somebody else owns.
   *
   * @param owner kept reachable as long as the tensor
   */
  static VectorTensor at(long address, long rows, long columns, Object owner) {
    long rowBytes = Math.multiplyExact(columns, Float.BYTES);
    if (rowBytes > LARGEST_BUFFER) {
      throw new IllegalArgumentException(
          "A row of " + columns + " numbers is longer than a buffer can be");
    }
    long rowsPerSlab = Math.max(1, Math.min(rows, LARGEST_BUFFER / Math.max(1, rowBytes)));
    ByteBuffer[] slabs = new ByteBuffer[Math.toIntExact((rows + rowsPerSlab - 1) / rowsPerSlab)];
    for (int slab = 0; slab < slabs.length; slab++) {
      long first = slab * rowsPerSlab;
      long count = Math.min(rowsPerSlab, rows - first);
      slabs[slab] = buffer(address + first * rowBytes, count * rowBytes);
    }
    return new VectorTensor(address, rows, columns, rowsPerSlab, slabs, owner);
  }

  private static ByteBuffer buffer(long address, long bytes) {
    return new Bytes(address, bytes).asByteBuffer();
  }

  /** Memory that JavaCPP did not allocate. */
  private static final class Bytes extends BytePointer {
    Bytes(long address, long bytes) {
      super((org.bytedeco.javacpp.Pointer) null);
      this.address = address;
      this.limit = bytes;
      this.capacity = bytes;
    }
  }

  static VectorTensor vector(Tensor tensor) {
    return (VectorTensor) tensor;
  }

  /** Rows [from, to), over the same memory. */
  VectorTensor rows(long from, long to) {
    return at(address(from), to - from, columns, this);
  }

  /** The address of a row. */
  long address(long row) {
    return address + row * columns * Float.BYTES;
  }

  /** The columns, which BLAS counts with int. */
  int stride() {
    return Math.toIntExact(columns);
  }

  /** The buffer that holds a row. */
  ByteBuffer buffer(long row) {
    return slabs[(int) (row / rowsPerSlab)];
  }

  /** Where a row begins in its buffer, in bytes. */
  int offset(long row) {
    return (int) (row % rowsPerSlab * columns * Float.BYTES);
  }

  /** The length of a row in bytes. */
  int rowBytes() {
    return (int) (columns * Float.BYTES);
  }

  /** The number of buffers. */
  int slabs() {
    return slabs.length;
  }

  /** One of the buffers. */
  ByteBuffer slab(int number) {
    return slabs[number];
  }

  /** One element of a tensor with one row or one column, or any other, counted row-major. */
  float get(long index) {
    long row = index / columns;
    return buffer(row).getFloat(offset(row) + (int) (index % columns) * Float.BYTES);
  }

  /** Sets what {@link #get} gets. */
  void set(long index, float value) {
    long row = index / columns;
    buffer(row).putFloat(offset(row) + (int) (index % columns) * Float.BYTES, value);
  }

  @Override
  public long rows() {
    return rows;
  }

  @Override
  public long columns() {
    return columns;
  }
}
