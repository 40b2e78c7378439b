package io.polyspark.train.averaging;

import io.polyspark.model.random.SplitMix64;
import java.nio.FloatBuffer;
import java.util.Arrays;

/** As {@link Float32}, 4 bytes an element: exact. */
record Float32Deltas() implements DeltaCodec {
  @Override
  public byte[] encode(float[] numbers, SplitMix64 random, long offset) {
    return Float32.encode(numbers);
  }

  @Override
  public int elements(byte[] encoded) {
    return encoded.length / Float.BYTES;
  }

  @Override
  public void addTo(double[] sum, byte[] encoded, double weight) {
    FloatBuffer numbers = Float32.view(encoded);
    for (int i = 0; i < sum.length; i++) {
      sum[i] += weight * numbers.get(i);
    }
  }

  @Override
  public double squaredDistance(double[] mean, byte[] encoded) {
    FloatBuffer numbers = Float32.view(encoded);
    return Drift.sumOfSquares(numbers.limit(), i -> numbers.get(i) - mean[i]);
  }

  @Override
  public byte[] beginning(byte[] encoded, int elements) {
    int bytes = elements * Float.BYTES;
    return bytes >= encoded.length ? encoded : Arrays.copyOf(encoded, bytes);
  }
}
