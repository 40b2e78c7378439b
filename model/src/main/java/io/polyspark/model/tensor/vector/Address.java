package io.polyspark.model.tensor.vector;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/** An argument of BLAS that is moved from call to call, so that a call allocates nothing. */
final class Address extends FloatPointer {
  Address() {
    super((Pointer) null);
  }

  /** One for each of so many threads. */
  static Address[] some(int count) {
    Address[] addresses = new Address[count];
    for (int i = 0; i < count; i++) {
      addresses[i] = new Address();
    }
    return addresses;
  }

  /** This pointer, which now points to {@code to}. */
  Address at(long to) {
    address = to;
    return this;
  }
}
