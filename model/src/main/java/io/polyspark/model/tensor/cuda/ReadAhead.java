package io.polyspark.model.tensor.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Reads a vector piece by piece, as chunks are encoded: while the caller works on one piece, the
 * next of the same length is on its way into page-locked memory.
 */
final class ReadAhead implements AutoCloseable {
  private final CudaSession session;
  private final DeviceMemory memory;
  private final long length;
  private final CUevent_st arrived = new CUevent_st();
  private BytePointer locked;
  private ByteBuffer buffer;
  private long nextOffset = -1;
  private int nextCount;
  private long nextWrites;

  /**
   * @param memory of the vector
   * @param length of it, in float32
   */
  ReadAhead(CudaSession session, DeviceMemory memory, long length) {
    this.session = session;
    this.memory = memory;
    this.length = length;
    session.card();
    session.check(cudart.cuEventCreate(arrived, cudart.CU_EVENT_DISABLE_TIMING), "cuEventCreate");
  }

  void read(long offset, float[] into, int at, int count) {
    if (!isComing(offset, count)) {
      fetch(offset, count);
    }
    session.check(cudart.cuEventSynchronize(arrived), "cuEventSynchronize");
    buffer.position(0).asFloatBuffer().get(into, at, count);
    long next = offset + count;
    nextOffset = -1;
    if (next < length) {
      fetch(next, (int) Math.min(count, length - next));
    }
  }

  private boolean isComing(long offset, int count) {
    return nextOffset == offset && nextCount >= count && nextWrites == session.writes();
  }

  private void fetch(long offset, int count) {
    reserve(count);
    session.check(
        cudart.cuMemcpyDtoHAsync(
            locked,
            memory.address() + offset * Float.BYTES,
            (long) count * Float.BYTES,
            session.stream()),
        "cuMemcpyDtoHAsync");
    session.check(cudart.cuEventRecord(arrived, session.stream()), "cuEventRecord");
    nextOffset = offset;
    nextCount = count;
    nextWrites = session.writes();
  }

  private void reserve(int count) {
    long bytes = (long) count * Float.BYTES;
    if (locked == null || locked.capacity() < bytes) {
      if (locked != null) {
        // A piece that nobody came for may still be on its way.
        session.synchronise();
        session.check(cudart.cuMemFreeHost(locked), "cuMemFreeHost");
      }
      Locked taken = new Locked();
      session.check(cudart.cuMemAllocHost(taken, bytes), "cuMemAllocHost");
      locked = new BytePointer(taken).capacity(bytes);
      buffer = locked.asByteBuffer().order(ByteOrder.nativeOrder());
    }
  }

  /** What the driver sets an address of. */
  private static final class Locked extends Pointer {}

  @Override
  public void close() {
    if (locked != null) {
      session.check(cudart.cuMemFreeHost(locked), "cuMemFreeHost");
    }
    session.check(cudart.cuEventDestroy(arrived), "cuEventDestroy");
  }
}
