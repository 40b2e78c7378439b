package io.polyspark.model.tensor.cuda;

import io.polyspark.model.device.CudaCodes;
import io.polyspark.model.device.CudaException;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;

/** Turns results of the CUDA driver into exceptions. */
final class Driver {
  private Driver() {}

  /**
   * @param call the function, for the message
   * @throws CudaException if the result is not success
   */
  static void check(int result, String call) {
    if (result != CudaCodes.SUCCESS) {
      throw exception(result, call);
    }
  }

  static CudaException exception(int result, String call) {
    try (PointerPointer<BytePointer> name = new PointerPointer<>(1);
        PointerPointer<BytePointer> text = new PointerPointer<>(1)) {
      cudart.cuGetErrorName(result, name);
      cudart.cuGetErrorString(result, text);
      return new CudaException(call, result, string(name), string(text));
    }
  }

  private static String string(PointerPointer<BytePointer> at) {
    BytePointer text = at.get(BytePointer.class);
    return text == null || text.isNull() ? "an unknown error" : text.getString();
  }
}
