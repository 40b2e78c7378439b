package io.polyspark.model.tensor.cuda;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * The arguments of a launch off the heap, in the form in which the driver copies them: an address
 * of each. One launch after the other uses the same memory.
 */
final class Arguments implements AutoCloseable {
  private static final int MOST = 48;
  private static final int EACH = Long.BYTES;

  private final BytePointer values = new BytePointer((long) MOST * EACH);
  private final PointerPointer<Pointer> addresses = new PointerPointer<>(MOST);

  Arguments() {
    for (int i = 0; i < MOST; i++) {
      addresses.put(i, values.getPointer((long) i * EACH));
    }
  }

  /**
   * Lays arguments out.
   *
   * @param from as {@link Launcher#launch} says
   * @return valid until the next call
   */
  PointerPointer<Pointer> pack(Object... from) {
    for (int i = 0; i < from.length; i++) {
      long at = (long) i * EACH;
      Object value = from[i];
      if (value == null) {
        values.putLong(at, 0);
      } else if (value instanceof Argument memory) {
        values.putLong(at, memory.address());
      } else if (value instanceof Long number) {
        values.putLong(at, number);
      } else if (value instanceof Integer number) {
        values.putInt(at, number);
      } else if (value instanceof Float number) {
        values.putFloat(at, number);
      } else {
        throw new IllegalArgumentException("A kernel takes no " + value.getClass());
      }
    }
    return addresses;
  }

  @Override
  public void close() {
    addresses.close();
    values.close();
  }
}
