package io.polyspark.model.tensor;

/**
 * The numbers of one step of AdamW (arXiv 1711.05101), the same for a whole stretch of parameters.
 *
 * @param gradientScale what clipping multiplies the gradient by; 1 for none
 * @param parameterScale what decay multiplies the parameters by; 1 for none
 * @param rate the learning rate
 * @param beta1 decay of the first moment
 * @param beta2 decay of the second moment
 * @param eps added to the root of the corrected second moment
 * @param step the step being taken, counted from 1
 */
public record AdamWStep(
    double gradientScale,
    double parameterScale,
    double rate,
    double beta1,
    double beta2,
    double eps,
    long step) {
  /** The same for parameters that decay otherwise. */
  public AdamWStep withParameterScale(double scale) {
    return new AdamWStep(gradientScale, scale, rate, beta1, beta2, eps, step);
  }

  /** What the first moment is divided by: its bias towards its beginning at 0. */
  public double correction1() {
    return 1 - Math.pow(beta1, (double) step);
  }

  /** What the second moment is divided by. */
  public double correction2() {
    return 1 - Math.pow(beta2, (double) step);
  }
}
