package io.polyspark.train.averaging;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * How float32 numbers travel and wait: as bytes, little endian. Every serializer copies an array of
 * bytes as it is, where Java's takes an array of floats apart number by number.
 */
final class Float32 {
  private Float32() {}

  /** A new array of the numbers' bytes. */
  static byte[] encode(float[] numbers) {
    byte[] bytes = new byte[numbers.length * Float.BYTES];
    view(bytes).put(numbers);
    return bytes;
  }

  /** A new array of the numbers. */
  static float[] decode(byte[] bytes) {
    float[] numbers = new float[bytes.length / Float.BYTES];
    view(bytes).get(numbers);
    return numbers;
  }

  /** The numbers in their array of bytes, to be read and written. */
  static FloatBuffer view(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
  }
}
