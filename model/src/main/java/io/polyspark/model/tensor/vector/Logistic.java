package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.Lanes.SPECIES;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** 1 / (1 + exp(-x)) in float32, to 2 ulp, subnormal results included. */
final class Logistic {
  private Logistic() {}

  /**
   * The sigmoid of {@code count} numbers of the array, which begin at {@code x}, to {@code y}.
   *
   * <p>With z = exp(-|x|), which cannot overflow, and u = z / (1 + z): 1 - u where x >= 0, and
   * below u again, as z - z u, which makes what was rounded in u smaller by a factor of z.
   */
  static void sigmoid(float[] block, int x, int y, int count) {
    for (int i = 0; i < count; i += Lanes.COUNT) {
      fromArray(SPECIES, block, x + i).abs().neg().intoArray(block, y + i);
    }
    Exponential.exp(block, y, count);
    for (int i = 0; i < count; i += Lanes.COUNT) {
      FloatVector z = fromArray(SPECIES, block, y + i);
      FloatVector minusU = z.div(broadcast(SPECIES, -1f).sub(z));
      VectorMask<Float> negative = fromArray(SPECIES, block, x + i).compare(VectorOperators.LT, 0f);
      FloatVector limit = broadcast(SPECIES, 1f).blend(z, negative);
      minusU.fma(limit, limit).intoArray(block, y + i);
    }
  }
}
