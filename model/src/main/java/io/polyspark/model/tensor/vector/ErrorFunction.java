package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.Lanes.SPECIES;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * erf in float32, to 2 ulp. With t = |x|: {@code t + t p(t^2)} up to 0.92, and {@code 1 - exp(q(t)
 * - t)} above, where q(t) approximates log(erfc(t)) + t; both are minimax polynomials (relative
 * errors of the result 4e-10 and 5e-11), found by Lawson's iteration. Above 3.95 it is 1.
 */
final class ErrorFunction {
  private static final float SMALL = 0.92f;
  private static final float ONE_FROM = 3.95f;

  private ErrorFunction() {}

  /** erf of {@code count} numbers of the array, which begin at {@code x}, to {@code y}. */
  static void erf(float[] block, int x, int y, int count) {
    for (int i = 0; i < count; i += Lanes.COUNT) {
      FloatVector t = fromArray(SPECIES, block, x + i).abs();
      logarithm(t.blend(ONE_FROM, t.compare(VectorOperators.GT, ONE_FROM))).intoArray(block, y + i);
    }
    Exponential.exp(block, y, count);
    for (int i = 0; i < count; i += Lanes.COUNT) {
      FloatVector v = fromArray(SPECIES, block, x + i);
      FloatVector t = v.abs();
      FloatVector large = broadcast(SPECIES, 1f).sub(fromArray(SPECIES, block, y + i));
      FloatVector result = small(t).blend(large, t.compare(VectorOperators.GT, SMALL));
      result.blend(result.neg(), v.compare(VectorOperators.LT, 0f)).intoArray(block, y + i);
    }
  }

  private static FloatVector small(FloatVector t) {
    FloatVector s = t.mul(t);
    FloatVector p = s.fma(broadcast(SPECIES, 8.382391e-05f), broadcast(SPECIES, -0.00081455975f));
    p = p.fma(s, broadcast(SPECIES, 0.005201286f));
    p = p.fma(s, broadcast(SPECIES, -0.0268595f));
    p = p.fma(s, broadcast(SPECIES, 0.11283697f));
    p = p.fma(s, broadcast(SPECIES, -0.37612635f));
    p = p.fma(s, broadcast(SPECIES, 0.12837917f));
    return p.fma(t, t);
  }

  /** log(erfc(t)). */
  private static FloatVector logarithm(FloatVector t) {
    FloatVector q = t.fma(broadcast(SPECIES, -2.1094966e-05f), broadcast(SPECIES, 0.0004344617f));
    q = q.fma(t, broadcast(SPECIES, -0.004171059f));
    q = q.fma(t, broadcast(SPECIES, 0.025119416f));
    q = q.fma(t, broadcast(SPECIES, -0.10828008f));
    q = q.fma(t, broadcast(SPECIES, -0.6333469f));
    q = q.fma(t, broadcast(SPECIES, -0.12951492f));
    q = q.fma(t, broadcast(SPECIES, 0.00017468323f));
    return q.sub(t);
  }
}
