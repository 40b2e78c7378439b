package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.Lanes.SPECIES;
import static jdk.incubator.vector.FloatVector.broadcast;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** 1 / (1 + exp(-x)) in float32, to 2 ulp, subnormal results included. */
final class Logistic {
  private Logistic() {}

  /**
   * With z = exp(-|x|), which cannot overflow, and u = z / (1 + z): 1 - u where x >= 0, and below u
   * again, as z - z u, which makes what was rounded in u smaller by a factor of z.
   */
  static FloatVector sigmoid(FloatVector x) {
    FloatVector z = Exponential.exp(x.abs().neg());
    FloatVector minusU = z.div(broadcast(SPECIES, -1f).sub(z));
    FloatVector limit = broadcast(SPECIES, 1f).blend(z, x.compare(VectorOperators.LT, 0f));
    return minusU.fma(limit, limit);
  }
}
