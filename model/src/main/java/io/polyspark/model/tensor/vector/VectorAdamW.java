package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.Lanes.ORDER;
import static io.polyspark.model.tensor.vector.Lanes.SPECIES;
import static jdk.incubator.vector.FloatVector.fromByteBuffer;

import io.polyspark.model.tensor.AdamWStep;
import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** AdamW (arXiv 1711.05101) in one pass over parameter, gradient and moments. */
final class VectorAdamW {
  private final float gradientScale;
  private final float parameterScale;
  private final float beta1;
  private final float gradientShare;
  private final float beta2;
  private final float squareShare;
  private final float size;
  private final float inverseRootCorrection;
  private final float eps;

  VectorAdamW(AdamWStep step) {
    this.gradientScale = (float) step.gradientScale();
    this.parameterScale = (float) step.parameterScale();
    this.beta1 = (float) step.beta1();
    this.gradientShare = (float) (1 - step.beta1());
    this.beta2 = (float) step.beta2();
    this.squareShare = (float) (1 - step.beta2());
    this.size = (float) (step.rate() / step.correction1());
    this.inverseRootCorrection = (float) (1 / Math.sqrt(step.correction2()));
    this.eps = (float) step.eps();
  }

  /**
   * Takes the step on bytes [from, to): p less by {@code rate m' / (sqrt(v') + eps)} with the
   * corrected moments.
   */
  void run(ByteBuffer p, ByteBuffer g, ByteBuffer m, ByteBuffer v, int from, int to) {
    int at = from;
    for (; at <= to - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector gradient = fromByteBuffer(SPECIES, g, at, ORDER).mul(gradientScale);
      FloatVector first =
          fromByteBuffer(SPECIES, m, at, ORDER).mul(beta1).add(gradient.mul(gradientShare));
      FloatVector square = gradient.mul(gradient).mul(squareShare);
      FloatVector second = fromByteBuffer(SPECIES, v, at, ORDER).mul(beta2).add(square);
      first.intoByteBuffer(m, at, ORDER);
      second.intoByteBuffer(v, at, ORDER);
      FloatVector root = second.lanewise(VectorOperators.SQRT).mul(inverseRootCorrection).add(eps);
      FloatVector decayed = fromByteBuffer(SPECIES, p, at, ORDER).mul(parameterScale);
      decayed.sub(first.mul(size).div(root)).intoByteBuffer(p, at, ORDER);
    }
    for (; at < to; at += Float.BYTES) {
      float gradient = g.getFloat(at) * gradientScale;
      float first = m.getFloat(at) * beta1 + gradient * gradientShare;
      float second = v.getFloat(at) * beta2 + gradient * gradient * squareShare;
      m.putFloat(at, first);
      v.putFloat(at, second);
      float root = (float) Math.sqrt(second) * inverseRootCorrection + eps;
      p.putFloat(at, p.getFloat(at) * parameterScale - first * size / root);
    }
  }
}
