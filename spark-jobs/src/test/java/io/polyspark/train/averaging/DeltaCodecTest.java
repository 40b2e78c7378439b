package io.polyspark.train.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.polyspark.model.random.SplitMix64;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class DeltaCodecTest {
  private static final SplitMix64 RANDOM = new SplitMix64(7, 3, 1);

  @Test
  void bytesAreThoseComputedByHand() {
    assertThat(DeltaFormat.FP32.codec().encode(new float[] {1, -2}, RANDOM, 0))
        .containsExactly(0x00, 0x00, 0x80, 0x3f, 0x00, 0x00, 0x00, 0xc0);
    assertThat(DeltaFormat.BF16.codec().encode(new float[] {1, -2.5f}, RANDOM, 0))
        .containsExactly(0x80, 0x3f, 0x20, 0xc0);
    // The largest is 254, so the scale is 2 (0x40000000), and all are whole multiples of it.
    assertThat(DeltaFormat.INT8.codec().encode(new float[] {254, -254, 0, 6, -2}, RANDOM, 0))
        .containsExactly(0x00, 0x00, 0x00, 0x40, 0x7f, 0x81, 0x00, 0x03, 0xff);
  }

  /** What lies between two neighbours goes up exactly where the random bits say so. */
  @Test
  void randomBitsDecideWhatLiesBetweenTwoNeighbours() {
    int size = 1000;
    float[] numbers = new float[size + 1];
    Arrays.fill(numbers, 1 + 0.25f / 128);
    numbers[size] = 127;
    double[] bf16 = decoded(DeltaFormat.BF16, numbers, 12_345);
    double[] int8 = decoded(DeltaFormat.INT8, numbers, 12_345);
    for (int i = 0; i < size; i++) {
      long bits = RANDOM.at(12_345 + i);
      boolean up = (bits & 0xffff) >= 0xc000;
      assertThat(bf16[i]).isEqualTo(up ? 1 + 1.0 / 128 : 1);
      up = (bits >>> 32) * 0x1p-32 >= 1 - 0.25 / 128;
      assertThat(int8[i]).isEqualTo(up ? 2 : 1);
    }
  }

  @ParameterizedTest
  @EnumSource(DeltaFormat.class)
  void theSameArgumentsGiveTheSameBytesAndOthersOthers(DeltaFormat format) {
    float[] numbers = normal(500, 1e-3);
    byte[] once = format.codec().encode(numbers, RANDOM, 9);
    assertThat(format.codec().encode(numbers.clone(), new SplitMix64(7, 3, 1), 9)).isEqualTo(once);
    assertThat(format.codec().elements(once)).isEqualTo(500);
    if (format != DeltaFormat.FP32) {
      assertThat(format.codec().encode(numbers, RANDOM, 10)).isNotEqualTo(once);
      assertThat(format.codec().encode(numbers, new SplitMix64(7, 3, 2), 9)).isNotEqualTo(once);
    }
  }

  /** The mean of n draws has a standard deviation of at most half a step over the root of n. */
  @ParameterizedTest
  @CsvSource({"BF16, 0.0078125", "INT8, 1"})
  void nothingIsRoundedWithABias(DeltaFormat format, double step) {
    int draws = 40_000;
    for (float number : new float[] {1.0001f, 1.0039f, 1.0070f, -1.0023f, -1.0077f}) {
      float[] numbers = new float[draws];
      Arrays.fill(numbers, number);
      numbers[0] = 127; // so that the scale is 1
      double[] decoded = decoded(format, numbers, 0);
      double mean = Arrays.stream(decoded, 1, draws).average().orElseThrow();
      assertThat(mean).isCloseTo(number, within(4 * step / 2 / Math.sqrt(draws)));
      assertThat(Arrays.stream(decoded, 1, draws).distinct()).hasSize(2);
    }
  }

  @Test
  void everyNumberBecomesOneOfItsNeighboursInBfloat16() {
    Random random = new Random(5);
    float[] numbers = new float[20_000];
    for (int i = 0; i < numbers.length; i++) {
      float number = Float.intBitsToFloat(random.nextInt());
      numbers[i] = Float.isFinite(number) ? number : 0;
    }
    double[] decoded = decoded(DeltaFormat.BF16, numbers, 0);
    for (int i = 0; i < numbers.length; i++) {
      double step = 65536.0 * Math.ulp(truncated(numbers[i]));
      assertThat(Math.abs(decoded[i] - numbers[i])).isLessThan(step);
      assertThat(truncated((float) decoded[i])).isEqualTo((float) decoded[i]);
    }
  }

  @Test
  void whatBfloat16HasStaysAsItIs() {
    float largest = Float.intBitsToFloat(0x7f7f0000);
    float[] numbers = {0f, -0f, 1, -3.5f, 0x1p-133f, -0x1p-126f, largest, -largest, 1 + 1 / 128f};
    for (int offset = 0; offset < 100; offset++) {
      assertThat(decoded(DeltaFormat.BF16, numbers, offset)).isEqualTo(doubles(numbers));
    }
    assertThat(decoded(DeltaFormat.BF16, new float[] {Float.MAX_VALUE}, 0))
        .containsExactly(largest);
  }

  @ParameterizedTest
  @CsvSource({"1", "1e-30", "1e-42", "1e30"})
  void everyNumberIsWithinAScaleInInt8(double magnitude) {
    float[] numbers = normal(20_000, magnitude);
    float largest = 0;
    for (float number : numbers) {
      largest = Math.max(largest, Math.abs(number));
    }
    double scale = Math.nextUp((float) (largest / 127.0));
    double[] decoded = decoded(DeltaFormat.INT8, numbers, 0);
    for (int i = 0; i < numbers.length; i++) {
      assertThat(Math.abs(decoded[i] - numbers[i])).isLessThanOrEqualTo(scale);
    }
  }

  /** The largest is never cut off, and never wraps round. */
  @Test
  void theExtremesOfAChunkKeepTheirSigns() {
    Random random = new Random(11);
    for (int i = 0; i < 20_000; i++) {
      float largest = Math.abs(Float.intBitsToFloat(random.nextInt()));
      if (Float.isFinite(largest) && largest > 0) {
        double[] decoded = decoded(DeltaFormat.INT8, new float[] {largest, -largest}, 2L * i);
        double scale = Math.max(largest / 127.0 * 1.0000002, Float.MIN_VALUE);
        assertThat(decoded[0]).isCloseTo(largest, within(scale)).isPositive();
        assertThat(decoded[1]).isCloseTo(-largest, within(scale)).isNegative();
      }
    }
    assertThat(decoded(DeltaFormat.INT8, new float[] {Float.MAX_VALUE, 0}, 0)[0]).isFinite();
    assertThat(decoded(DeltaFormat.INT8, new float[] {Float.MIN_VALUE, 0}, 0))
        .containsExactly(Float.MIN_VALUE, 0);
  }

  @ParameterizedTest
  @EnumSource(DeltaFormat.class)
  void zerosStayZerosAndWhatIsNotFiniteIsSeen(DeltaFormat format) {
    assertThat(decoded(format, new float[3], 0)).containsExactly(0, 0, 0);
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      assertThat(decoded(format, new float[] {1, bad}, 0)[1]).isNotFinite();
    }
  }

  /**
   * A delta that is far smaller than the rest of its chunk: alone it is lost in the rounding of a
   * single round, and over n rounds the error of the mean falls by 1/n, where without feedback it
   * falls by the root of n.
   */
  @ParameterizedTest
  @EnumSource(value = DeltaFormat.class, names = "FP32", mode = EnumSource.Mode.EXCLUDE)
  void errorFeedbackBringsTheMeanOfManyRoundsToTheTruth(DeltaFormat format) {
    float[] delta = normal(200, 1e-2);
    delta[0] = 1;
    double step = format == DeltaFormat.INT8 ? 1 / 127.0 : 1 / 128.0;
    int rounds = 400;
    double[] sum = new double[delta.length];
    float[] residual = new float[delta.length];
    for (int round = 1; round <= rounds; round++) {
      float[] sent = new float[delta.length];
      for (int i = 0; i < sent.length; i++) {
        sent[i] = delta[i] + residual[i];
      }
      byte[] bytes = format.codec().encode(sent, new SplitMix64(7, round, 0), 0);
      double[] arrived = new double[delta.length];
      format.codec().addTo(arrived, bytes, 1);
      for (int i = 0; i < sent.length; i++) {
        residual[i] = (float) (sent[i] - arrived[i]);
        sum[i] += arrived[i];
      }
    }
    for (int i = 0; i < delta.length; i++) {
      // What has not arrived is the last residual: at most one step (the scale may grow a little).
      assertThat(sum[i] / rounds).isCloseTo(delta[i], within(1.1 * step / rounds));
    }
  }

  private static double[] decoded(DeltaFormat format, float[] numbers, long offset) {
    byte[] encoded = format.codec().encode(numbers, RANDOM, offset);
    double[] decoded = new double[numbers.length];
    format.codec().addTo(decoded, encoded, 1);
    return decoded;
  }

  private static float truncated(float number) {
    return Float.intBitsToFloat(Float.floatToIntBits(number) & 0xffff0000);
  }

  private static float[] normal(int size, double deviation) {
    Random random = new Random(3);
    float[] numbers = new float[size];
    for (int i = 0; i < size; i++) {
      numbers[i] = (float) (deviation * random.nextGaussian());
    }
    return numbers;
  }

  /** -0.0 added to 0.0 is 0.0. */
  private static double[] doubles(float[] numbers) {
    double[] doubles = new double[numbers.length];
    Arrays.setAll(doubles, i -> numbers[i] + 0.0);
    return doubles;
  }
}
