package io.polyspark.model.tensor.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * exp in float32, to 1 ulp, subnormal results included: {@code exp(x) = 2^n exp(r)}, n = round(x /
 * ln 2), |r| <= ln 2 / 2, and {@code exp(r) = 1 + r + r^2 q(r)} with the minimax polynomial q of
 * degree 4 (relative error 3e-9), found by Lawson's iteration.
 */
final class Exponential {
  private static final float LOG2_E = 1.442695f;

  /** ln 2 in two parts: n times the first is exact. */
  private static final float LN2_HIGH = 0.693359375f;

  private static final float LN2_LOW = -2.1219444e-4f;

  /** Adding 1.5 * 2^23 leaves the nearest integer in the low bits. */
  private static final float ROUND = 12582912f;

  private static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);
  private static final float OVERFLOW = 88.72284f;
  private static final float UNDERFLOW = -103.97208f;
  private static final int EXPONENT_BIAS = 127;
  private static final int MANTISSA_BITS = 23;

  private Exponential() {}

  static FloatVector exp(FloatVector x) {
    FloatVector rounded = x.fma(Lanes.all(LOG2_E), Lanes.all(ROUND));
    FloatVector n = rounded.sub(ROUND);
    FloatVector r = n.fma(Lanes.all(-LN2_HIGH), x);
    r = n.fma(Lanes.all(-LN2_LOW), r);
    FloatVector q = r.fma(Lanes.all(0.0013814539f), Lanes.all(0.008368745f));
    q = q.fma(r, Lanes.all(0.04166839f));
    q = q.fma(r, Lanes.all(0.16666521f));
    q = q.fma(r, Lanes.all(0.49999994f));
    FloatVector p = q.fma(r.mul(r), r).add(1f);

    // 2^n in two factors, of which neither leaves the normal numbers.
    IntVector exponent = rounded.reinterpretAsInts().sub(ROUND_BITS);
    IntVector half = exponent.lanewise(VectorOperators.ASHR, 1);
    p = p.mul(powerOfTwo(half)).mul(powerOfTwo(exponent.sub(half)));
    p = p.blend(Float.POSITIVE_INFINITY, x.compare(VectorOperators.GT, OVERFLOW));
    return p.blend(0f, x.compare(VectorOperators.LT, UNDERFLOW));
  }

  private static FloatVector powerOfTwo(IntVector exponent) {
    return exponent
        .add(EXPONENT_BIAS)
        .lanewise(VectorOperators.LSHL, MANTISSA_BITS)
        .reinterpretAsFloats();
  }
}
