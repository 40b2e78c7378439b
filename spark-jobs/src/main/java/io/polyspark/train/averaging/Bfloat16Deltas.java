package io.polyspark.train.averaging;

import io.polyspark.model.random.SplitMix64;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;
import java.util.Arrays;

/**
 * The upper half of a float32, 2 bytes an element, little endian. Its neighbours among the float32
 * numbers lie at even distances, so adding 16 random bits to the lower half before it is cut off
 * rounds up as often as it should: subnormal numbers too. Numbers that bfloat16 has stay as they
 * are; those beyond its largest finite one (3.39e38) become that.
 */
record Bfloat16Deltas() implements DeltaCodec {
  private static final int LOWER_HALF = 0xffff;
  private static final int EXPONENT = 0x7f800000;

  @Override
  public byte[] encode(float[] numbers, SplitMix64 random, long offset) {
    byte[] encoded = new byte[numbers.length * Short.BYTES];
    ShortBuffer upper = view(encoded);
    for (int i = 0; i < numbers.length; i++) {
      int bits = Float.floatToIntBits(numbers[i]);
      int rounded = bits + ((int) random.at(offset + i) & LOWER_HALF);
      // Neither infinity nor NaN has neighbours to choose from, nor does anything become infinite.
      boolean finite = (rounded & EXPONENT) != EXPONENT;
      upper.put(i, (short) ((finite ? rounded : bits) >>> Short.SIZE));
    }
    return encoded;
  }

  @Override
  public int elements(byte[] encoded) {
    return encoded.length / Short.BYTES;
  }

  @Override
  public void addTo(double[] sum, byte[] encoded, double weight) {
    ShortBuffer upper = view(encoded);
    for (int i = 0; i < sum.length; i++) {
      sum[i] += weight * Float.intBitsToFloat(upper.get(i) << Short.SIZE);
    }
  }

  @Override
  public double squaredDistance(double[] mean, byte[] encoded) {
    ShortBuffer upper = view(encoded);
    return Drift.sumOfSquares(
        upper.limit(), i -> Float.intBitsToFloat(upper.get(i) << Short.SIZE) - mean[i]);
  }

  @Override
  public byte[] beginning(byte[] encoded, int elements) {
    int bytes = elements * Short.BYTES;
    return bytes >= encoded.length ? encoded : Arrays.copyOf(encoded, bytes);
  }

  private static ShortBuffer view(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer();
  }
}
