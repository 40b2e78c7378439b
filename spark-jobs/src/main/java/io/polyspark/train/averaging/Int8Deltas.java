package io.polyspark.train.averaging;

import io.polyspark.model.random.SplitMix64;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A scale, float32 and little endian, then a byte q an element, from -127 to 127, that stands for q
 * times the scale. The scale is the least float32 s with 127 s of at least the largest magnitude,
 * so that nothing has to be cut off, however small it is; 0 for a chunk of zeros.
 */
record Int8Deltas() implements DeltaCodec {
  private static final int LARGEST = Byte.MAX_VALUE;

  @Override
  public byte[] encode(float[] numbers, SplitMix64 random, long offset) {
    float scale = scale(numbers);
    byte[] encoded = new byte[Float.BYTES + numbers.length];
    ByteBuffer.wrap(encoded).order(ByteOrder.LITTLE_ENDIAN).putFloat(scale);
    if (scale > 0) {
      for (int i = 0; i < numbers.length; i++) {
        // 32 random bits, in the middles of as many intervals of [0, 1): what is exact stays.
        double chance = ((random.at(offset + i) >>> Integer.SIZE) + 0.5) * 0x1p-32;
        encoded[Float.BYTES + i] = (byte) Math.floor((double) numbers[i] / scale + chance);
      }
    }
    return encoded;
  }

  /** Infinite or NaN where a number is. */
  private static float scale(float[] numbers) {
    float largest = 0;
    for (float number : numbers) {
      largest = Math.max(largest, Math.abs(number));
    }
    float scale = (float) ((double) largest / LARGEST);
    return (double) scale * LARGEST < largest ? Math.nextUp(scale) : scale;
  }

  @Override
  public int elements(byte[] encoded) {
    return encoded.length - Float.BYTES;
  }

  /** A scale that is not finite makes NaN of all: every q is 0 then. */
  @Override
  public void addTo(double[] sum, byte[] encoded, double weight) {
    double scale = ByteBuffer.wrap(encoded).order(ByteOrder.LITTLE_ENDIAN).getFloat();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += weight * (encoded[Float.BYTES + i] * scale);
    }
  }

  @Override
  public double squaredDistance(double[] mean, byte[] encoded) {
    double scale = ByteBuffer.wrap(encoded).order(ByteOrder.LITTLE_ENDIAN).getFloat();
    return Drift.sumOfSquares(elements(encoded), i -> encoded[Float.BYTES + i] * scale - mean[i]);
  }

  @Override
  public byte[] beginning(byte[] encoded, int elements) {
    int bytes = Float.BYTES + elements;
    return bytes >= encoded.length ? encoded : Arrays.copyOf(encoded, bytes);
  }
}
