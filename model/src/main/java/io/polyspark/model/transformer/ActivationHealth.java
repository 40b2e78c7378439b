package io.polyspark.model.transformer;

import java.io.Serializable;

/**
 * How well the activation of one layer is used by a batch. Letters: N rows (in a mixture of experts
 * the slots), F channels. NaN stands for what does not apply to the activation.
 *
 * @param zeros the share of the N F inputs that are not above 0, where the activation maps all of
 *     these to one number: ReLU, PolyReLU
 * @param deadChannels of the same activations, the share of channels whose inputs are not above 0
 *     in any row; in a mixture of experts, of the channels of all experts that have rows
 * @param saturation where powers are divided by their norms, as PolyNorm does: the mean over rows
 *     of {@code sum over j of s_j^2}, where s_j is the share of channel j in the cube's squared
 *     norm, x_j^6 over the row's sum of them: 1 where a single channel holds the whole cube, 1/F
 *     where all have as much. Taken over the first rows of the batch, at most {@value #ROWS}.
 */
public record ActivationHealth(double zeros, double deadChannels, double saturation)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Rows over which saturation is taken. */
  static final int ROWS = 256;

  /** Of an activation that has nothing to watch. */
  static final ActivationHealth NOTHING = new ActivationHealth(Double.NaN, Double.NaN, Double.NaN);

  static ActivationHealth ofZeros(double zeros, double deadChannels) {
    return new ActivationHealth(zeros, deadChannels, Double.NaN);
  }

  static ActivationHealth ofPowers(double saturation) {
    return new ActivationHealth(Double.NaN, Double.NaN, saturation);
  }
}
