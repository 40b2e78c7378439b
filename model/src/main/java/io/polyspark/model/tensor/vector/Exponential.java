package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.Lanes.SPECIES;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * exp in float32, to 1 ulp, subnormal results included: {@code exp(x) = 2^n exp(r)}, n = round(x /
 * ln 2), |r| <= ln 2 / 2, and {@code exp(r) = 1 + r (1 + r q(r))} with the minimax polynomial q of
 * degree 4 (relative error 3e-9), found by Lawson's iteration.
 */
final class Exponential {
  private static final float LOG2_E = 1.442695f;

  /** ln 2 in two parts: n times the first is exact. */
  private static final float LN2_HIGH = 0.6933594f;

  private static final float LN2_LOW = -2.1219444e-4f;

  /** Adding 1.5 * 2^23 rounds to an integer, which the low bits of the sum then hold. */
  private static final float ROUND = 12582912f;

  private static final int MANTISSA_BITS = 23;

  /** The low bits hold the integer plus the bias of an exponent. */
  private static final float ROUND_AND_BIAS = ROUND + 127;

  /** From here on the result is infinite, by the rounding of the last product. */
  private static final float GREATEST = 89f;

  /** From here on it is 0, likewise. */
  private static final float LEAST = -104f;

  private Exponential() {}

  /**
   * {@code x[i] = exp(x[i])} for {@code count} numbers from {@code at} on, and whatever fills their
   * last vector. The loop is longer than what the compiler inlines (325 bytes of bytecode) and has
   * to stay so: see {@link Lanes}.
   */
  static void exp(float[] x, int at, int count) {
    for (int i = at; i < at + count; i += Lanes.COUNT) {
      FloatVector of = fromArray(SPECIES, x, i);
      // Comparisons, not min and max, which cost five instructions each where NaN must stay NaN.
      FloatVector greatest = broadcast(SPECIES, GREATEST);
      FloatVector least = broadcast(SPECIES, LEAST);
      FloatVector within = of.blend(greatest, of.compare(VectorOperators.GT, greatest));
      within = within.blend(least, within.compare(VectorOperators.LT, least));
      FloatVector n =
          within
              .fma(broadcast(SPECIES, LOG2_E), broadcast(SPECIES, ROUND))
              .sub(broadcast(SPECIES, ROUND));
      FloatVector r = n.fma(broadcast(SPECIES, -LN2_HIGH), within);
      r = n.fma(broadcast(SPECIES, -LN2_LOW), r);
      FloatVector q = r.fma(broadcast(SPECIES, 0.0013814539f), broadcast(SPECIES, 0.008368745f));
      q = q.fma(r, broadcast(SPECIES, 0.04166839f));
      q = q.fma(r, broadcast(SPECIES, 0.16666521f));
      q = q.fma(r, broadcast(SPECIES, 0.49999994f));
      // Not r + r^2 q, then 1: that sum's rounding is the one too many for an ulp.
      FloatVector ones = broadcast(SPECIES, 1f);
      FloatVector p = q.fma(r, ones).fma(r, ones);

      // 2^n in two factors, of which neither leaves the normal numbers.
      FloatVector half = n.fma(broadcast(SPECIES, 0.5f), broadcast(SPECIES, ROUND_AND_BIAS));
      FloatVector rest =
          n.sub(half.sub(broadcast(SPECIES, ROUND_AND_BIAS)))
              .add(broadcast(SPECIES, ROUND_AND_BIAS));
      IntVector first = half.reinterpretAsInts().lanewise(VectorOperators.LSHL, MANTISSA_BITS);
      IntVector second = rest.reinterpretAsInts().lanewise(VectorOperators.LSHL, MANTISSA_BITS);
      p.mul(first.reinterpretAsFloats()).mul(second.reinterpretAsFloats()).intoArray(x, i);
    }
  }
}
