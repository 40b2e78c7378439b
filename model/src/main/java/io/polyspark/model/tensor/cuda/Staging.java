package io.polyspark.model.tensor.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * The way of numbers between the heap and a card: through page-locked memory, of which uploads use
 * one piece after the other, so that the host need not wait for each.
 */
final class Staging implements AutoCloseable {
  private static final long BYTES = 8L << 20;

  private final CudaSession session;
  private final BytePointer locked;
  private final ByteBuffer buffer;
  private int used;

  Staging(CudaSession session) {
    this.session = session;
    session.stream();
    Locked memory = new Locked();
    session.check(cudart.cuMemAllocHost(memory, BYTES), "cuMemAllocHost");
    this.locked = new BytePointer(memory).capacity(BYTES);
    this.buffer = locked.asByteBuffer().order(ByteOrder.nativeOrder());
  }

  /** What the driver sets an address of. */
  private static final class Locked extends Pointer {}

  void upload(int[] from, long address) {
    int most = (int) BYTES / Integer.BYTES;
    for (int at = 0; at < from.length; at += most) {
      int count = Math.min(most, from.length - at);
      int begin = room(count * Integer.BYTES);
      buffer.position(begin).asIntBuffer().put(from, at, count);
      send(begin, count * Integer.BYTES, address + (long) at * Integer.BYTES);
    }
  }

  void upload(long[] from, long address) {
    int begin = room(from.length * Long.BYTES);
    buffer.position(begin).asLongBuffer().put(from);
    send(begin, from.length * Long.BYTES, address);
  }

  void upload(float[] from, CudaTensor into) {
    upload(from, 0, Math.toIntExact(into.length()), into.address(), into.type());
  }

  /** Numbers [at, at + count) of the array, rounded to a type. */
  void upload(float[] from, int at, int count, long address, ElementType type) {
    int most = (int) BYTES / type.bytes();
    for (int done = 0; done < count; done += most) {
      int piece = Math.min(most, count - done);
      int begin = room(piece * type.bytes());
      if (type == ElementType.F32) {
        buffer.position(begin).asFloatBuffer().put(from, at + done, piece);
      } else {
        for (int i = 0; i < piece; i++) {
          buffer.putShort(begin + i * Short.BYTES, rounded(from[at + done + i]));
        }
      }
      send(begin, piece * type.bytes(), address + (long) done * type.bytes());
    }
  }

  private static short rounded(float x) {
    if (Float.isNaN(x)) {
      return 0x7fff;
    }
    int bits = Float.floatToRawIntBits(x);
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  /** Room that no copy under way reads. */
  private int room(int bytes) {
    if (used + bytes > BYTES) {
      session.synchronise();
      used = 0;
    }
    int begin = used;
    used += (bytes + 15) / 16 * 16;
    return begin;
  }

  private void send(int begin, int bytes, long address) {
    session.check(
        cudart.cuMemcpyHtoDAsync(address, locked.getPointer(begin), bytes, session.stream()),
        "cuMemcpyHtoDAsync");
  }

  /** Waits for all that was launched, and copies all elements. */
  void download(CudaTensor from, double[] into) {
    int most = (int) BYTES / from.type().bytes();
    int length = Math.toIntExact(from.length());
    for (int at = 0; at < length; at += most) {
      int count = Math.min(most, length - at);
      fetch(from.address() + (long) at * from.type().bytes(), count * from.type().bytes());
      for (int i = 0; i < count; i++) {
        into[at + i] =
            from.type() == ElementType.F32
                ? buffer.getFloat(i * Float.BYTES)
                : Float.intBitsToFloat(buffer.getShort(i * Short.BYTES) << 16);
      }
    }
  }

  void download(long address, int[] into) {
    int most = (int) BYTES / Integer.BYTES;
    for (int at = 0; at < into.length; at += most) {
      int count = Math.min(most, into.length - at);
      fetch(address + (long) at * Integer.BYTES, count * Integer.BYTES);
      buffer.position(0).asIntBuffer().get(into, at, count);
    }
  }

  void download(long address, float[] into, int at, int count) {
    int most = (int) BYTES / Float.BYTES;
    for (int done = 0; done < count; done += most) {
      int piece = Math.min(most, count - done);
      fetch(address + (long) done * Float.BYTES, piece * Float.BYTES);
      buffer.position(0).asFloatBuffer().get(into, at + done, piece);
    }
  }

  /** To the beginning of the buffer; uploads that it holds are over when this has waited. */
  private void fetch(long address, int bytes) {
    if (used > 0) {
      session.synchronise();
      used = 0;
    }
    session.check(
        cudart.cuMemcpyDtoHAsync(locked, address, bytes, session.stream()), "cuMemcpyDtoHAsync");
    session.synchronise();
  }

  @Override
  public void close() {
    session.check(cudart.cuMemFreeHost(locked), "cuMemFreeHost");
  }
}
