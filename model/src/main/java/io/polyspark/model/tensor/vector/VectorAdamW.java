package io.polyspark.model.tensor.vector;

import io.polyspark.model.tensor.AdamWStep;
import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
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

  /** Takes the step on bytes [from, to). */
  void run(ByteBuffer p, ByteBuffer g, ByteBuffer m, ByteBuffer v, int from, int to) {
    int whole = Lanes.whole(from, to);
    for (int at = from; at < whole; at += Lanes.BYTES) {
      FloatVector gradient = Lanes.load(g, at).mul(gradientScale);
      FloatVector first = Lanes.load(m, at).mul(beta1).add(gradient.mul(gradientShare));
      FloatVector square = gradient.mul(gradient).mul(squareShare);
      FloatVector second = Lanes.load(v, at).mul(beta2).add(square);
      Lanes.store(first, m, at);
      Lanes.store(second, v, at);
      Lanes.store(Lanes.load(p, at).mul(parameterScale).sub(change(first, second)), p, at);
    }
    if (whole < to) {
      VectorMask<Float> mask = Lanes.tail(whole, to);
      FloatVector gradient = Lanes.load(g, whole, mask).mul(gradientScale);
      FloatVector first = Lanes.load(m, whole, mask).mul(beta1).add(gradient.mul(gradientShare));
      FloatVector square = gradient.mul(gradient).mul(squareShare);
      FloatVector second = Lanes.load(v, whole, mask).mul(beta2).add(square);
      Lanes.store(first, m, whole, mask);
      Lanes.store(second, v, whole, mask);
      FloatVector changed = Lanes.load(p, whole, mask).mul(parameterScale);
      Lanes.store(changed.sub(change(first, second)), p, whole, mask);
    }
  }

  /** {@code rate m' / (sqrt(v') + eps)} with the corrected moments. */
  private FloatVector change(FloatVector first, FloatVector second) {
    FloatVector root = second.lanewise(VectorOperators.SQRT).mul(inverseRootCorrection).add(eps);
    return first.mul(size).div(root);
  }
}
