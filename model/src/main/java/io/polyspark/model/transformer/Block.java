package io.polyspark.model.transformer;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.tensor.Tensor;
import java.util.Optional;

/**
 * One block of the residual stream, all tensors [N, D]:
 *
 * <pre>
 *   mid = x   + {@link Attention}(RMSNorm(x))
 *   y   = mid + {@link FeedForward}(RMSNorm(mid))
 * </pre>
 */
final class Block {
  private final ModelConfig config;
  private final Kernels kernels;
  private final Parameters parameters;
  private final Parameters gradients;
  private final Names names;
  private final Recompute recompute;
  private final Attention attention;
  private final FeedForward mlp;
  private final Tensor normed;
  private final Tensor inverseRms;
  private final Tensor mid;
  private final Tensor normedMid;
  private final Tensor inverseRmsMid;
  private final Tensor dNormed;

  Block(
      ModelConfig config,
      Kernels kernels,
      MemoryPlan plan,
      Recompute recompute,
      Parameters parameters,
      Parameters gradients,
      int layer,
      Sizes sizes) {
    this.config = config;
    this.kernels = kernels;
    this.parameters = parameters;
    this.gradients = gradients;
    this.names = new Names(layer);
    this.recompute = recompute;
    MemoryPlan own = recompute == Recompute.BLOCK ? plan.recomputed() : plan;
    MemoryPlan ofMlp = recompute == Recompute.NONE ? plan : plan.recomputed();
    this.attention = new Attention(config, kernels, own, parameters, gradients, layer, sizes);
    this.mlp =
        config.isMixtureOfExperts()
            ? new MixtureOfExperts(config, kernels, ofMlp, parameters, gradients, layer, sizes)
            : new Mlp(config, kernels, ofMlp, parameters, gradients, layer, sizes);
    long hidden = config.hiddenSize();
    this.normed = own.kept("normed", layer, sizes.rows(), hidden);
    this.inverseRms = own.kept("inverseRms", layer, sizes.rows(), 1);
    this.mid = own.exact().kept("mid", layer, sizes.rows(), hidden);
    // A router reads it too: which experts it chooses hangs on small differences.
    MemoryPlan ofNormed = config.isMixtureOfExperts() ? own.exact() : own;
    this.normedMid = ofNormed.kept("normedMid", layer, sizes.rows(), hidden);
    this.inverseRmsMid = own.kept("inverseRmsMid", layer, sizes.rows(), 1);
    this.dNormed =
        plan.purpose() == MemoryPlan.Purpose.TRAINING
            ? plan.exact().shared("dNormed", sizes.rows(), hidden)
            : null;
  }

  void forward(Tensor x, Tensor y) {
    attend(x);
    mlp.forward(normedMid, mid, y);
  }

  /** From x to {@link #mid} and {@link #normedMid}. */
  private void attend(Tensor x) {
    kernels.rmsNorm(x, parameters.get(names.inputNorm()), config.rmsNormEps(), inverseRms, normed);
    attention.forward(normed, x, mid);
    kernels.rmsNorm(
        mid, parameters.get(names.mlpNorm()), config.rmsNormEps(), inverseRmsMid, normedMid);
  }

  /**
   * Fills again what {@link #backward} reads and the blocks share, so that others have overwritten
   * it since {@link #forward}. The last product is left out: y stays as it is.
   *
   * @param x the input of the forward pass
   */
  void recompute(Tensor x) {
    switch (recompute) {
      case NONE -> {}
      case MLP -> mlp.activate(normedMid);
      case BLOCK -> {
        attend(x);
        mlp.activate(normedMid);
      }
    }
  }

  /**
   * @param x the input of the forward pass
   * @param dX the gradient of the block's output, which becomes that of its input
   */
  void backward(Tensor x, Tensor dX) {
    mlp.backward(normedMid, dX, dNormed);
    kernels.rmsNormGradient(
        dNormed,
        mid,
        parameters.get(names.mlpNorm()),
        inverseRmsMid,
        dX,
        Into.ADD,
        gradients.get(names.mlpNorm()));

    attention.backward(normed, dX, dNormed);
    kernels.rmsNormGradient(
        dNormed,
        x,
        parameters.get(names.inputNorm()),
        inverseRms,
        dX,
        Into.ADD,
        gradients.get(names.inputNorm()));
  }

  /** Its number, from 0. */
  int layer() {
    return names.layer();
  }

  /** What the forward pass that has just ended put into the activation and took out of it. */
  ActivationRows activationRows() {
    return mlp.activationRows();
  }

  /** How the forward pass that has just ended used the activation of the MLP. */
  ActivationHealth activationHealth() {
    return mlp.activationHealth();
  }

  /** How the last forward pass used the experts; nothing where there are none. */
  Optional<ExpertLoad> expertLoad() {
    return mlp.expertLoad();
  }
}
