package io.polyspark.model.tensor.vector;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/** An argument of BLAS that is moved from call to call, so that a call allocates nothing. */
final class Address extends FloatPointer {
  Address() {
    super((Pointer) null);
  }

  /** This pointer, which now points to {@code to}. */
  Address at(long to) {
    address = to;
    return this;
  }
}
