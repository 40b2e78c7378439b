package io.polyspark.model.tensor.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** 1 / (1 + exp(-x)) in float32, to 2 ulp, subnormal results included. */
final class Logistic {
  private Logistic() {}

  /** With z = exp(-|x|), which cannot overflow: 1 / (1 + z) where x >= 0, z / (1 + z) below. */
  static FloatVector sigmoid(FloatVector x) {
    FloatVector z = Exponential.exp(x.abs().neg());
    FloatVector numerator = Lanes.all(1f).blend(z, x.compare(VectorOperators.LT, 0f));
    return numerator.div(z.add(1f));
  }
}
