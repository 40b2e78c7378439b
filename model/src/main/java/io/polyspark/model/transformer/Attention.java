package io.polyspark.model.transformer;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.tensor.Tensor;

/**
 * Causal self-attention with rotary positions (arXiv 2104.09864), grouped queries (arXiv
 * 2305.13245) and, where the configuration asks for it, RMSNorm over all heads of q and k before
 * the rotation (OLMoE, arXiv 2409.02060). C is the width of all key-value heads.
 *
 * <pre>
 *   q = rotary(norm(x Wq^T)) [N, D]    k = rotary(norm(x Wk^T)) [N, C]    v = x Wv^T [N, C]
 *   y = softmax(q k^T / sqrt(d) + causal) v Wo^T
 * </pre>
 */
final class Attention {
  private final ModelConfig config;
  private final Kernels kernels;
  private final Parameters parameters;
  private final Parameters gradients;
  private final Names names;
  private final AttentionShape shape;
  private final Tensor q;
  private final Tensor k;
  private final Tensor v;
  private final Tensor kept;
  private final Tensor heads;
  private final Tensor qProjected;
  private final Tensor kProjected;
  private final Tensor qInverseRms;
  private final Tensor kInverseRms;
  private final Tensor dQ;
  private final Tensor dK;
  private final Tensor dV;
  private final Tensor dHeads;

  Attention(
      ModelConfig config,
      Kernels kernels,
      MemoryPlan plan,
      Parameters parameters,
      Parameters gradients,
      int layer,
      Sizes sizes) {
    this.config = config;
    this.kernels = kernels;
    this.parameters = parameters;
    this.gradients = gradients;
    this.names = new Names(layer);
    this.shape =
        new AttentionShape(
            sizes.batch(),
            sizes.context(),
            config.numAttentionHeads(),
            config.numKeyValueHeads(),
            config.headSize());
    long rows = sizes.rows();
    long hidden = config.hiddenSize();
    long keyValue = config.keyValueSize();
    this.q = plan.kept("q", layer, rows, hidden);
    this.k = plan.kept("k", layer, rows, keyValue);
    this.v = plan.kept("v", layer, rows, keyValue);
    int keptPerRow = kernels.attentionKeptPerRow(shape);
    this.kept =
        keptPerRow > 0 ? plan.exact().kept("attention.kept", layer, rows, keptPerRow) : null;
    this.heads = plan.kept("heads", layer, rows, hidden);
    boolean norm = config.qkNorm();
    this.qProjected = norm ? plan.kept("q.projected", layer, rows, hidden) : q;
    this.kProjected = norm ? plan.kept("k.projected", layer, rows, keyValue) : k;
    this.qInverseRms = norm ? plan.kept("q.inverseRms", layer, rows, 1) : null;
    this.kInverseRms = norm ? plan.kept("k.inverseRms", layer, rows, 1) : null;
    boolean training = plan.purpose() == MemoryPlan.Purpose.TRAINING;
    this.dQ = training ? plan.shared("dQ", rows, hidden) : null;
    this.dK = training ? plan.shared("dK", rows, keyValue) : null;
    this.dV = training ? plan.shared("dV", rows, keyValue) : null;
    this.dHeads = training ? plan.shared("dHeads", rows, hidden) : null;
  }

  /** {@code y = summand + attention(x)}; x, summand, y [N, D]. */
  void forward(Tensor x, Tensor summand, Tensor y) {
    kernels.linear(x, parameters.get(names.query()), qProjected, Into.OVERWRITE);
    kernels.linear(x, parameters.get(names.key()), kProjected, Into.OVERWRITE);
    kernels.linear(x, parameters.get(names.value()), v, Into.OVERWRITE);
    if (config.qkNorm()) {
      double eps = config.rmsNormEps();
      kernels.rmsNorm(qProjected, parameters.get(names.queryNorm()), eps, qInverseRms, q);
      kernels.rmsNorm(kProjected, parameters.get(names.keyNorm()), eps, kInverseRms, k);
    }
    kernels.rotary(q, shape.positions(), shape.headSize(), config.ropeTheta());
    kernels.rotary(k, shape.positions(), shape.headSize(), config.ropeTheta());
    kernels.attention(q, k, v, shape, kept, heads);
    kernels.linearPlus(heads, parameters.get(names.attentionOutput()), summand, y);
  }

  /**
   * @param x the input of the forward pass
   * @param dY the gradient of what {@link #forward} added; only read
   * @param dX overwritten with the gradient of x
   */
  void backward(Tensor x, Tensor dY, Tensor dX) {
    Tensor output = parameters.get(names.attentionOutput());
    kernels.linearWeightGradient(dY, heads, gradients.get(names.attentionOutput()));
    kernels.linearInputGradient(dY, output, dHeads, Into.OVERWRITE);
    kernels.attentionGradient(q, k, v, heads, dHeads, shape, kept, dQ, dK, dV);
    kernels.rotaryGradient(dQ, shape.positions(), shape.headSize(), config.ropeTheta());
    kernels.rotaryGradient(dK, shape.positions(), shape.headSize(), config.ropeTheta());
    if (config.qkNorm()) {
      normGradient(dQ, qProjected, names.queryNorm(), qInverseRms);
      normGradient(dK, kProjected, names.keyNorm(), kInverseRms);
    }
    projectionGradient(dQ, x, names.query(), dX, Into.OVERWRITE);
    projectionGradient(dK, x, names.key(), dX, Into.ADD);
    projectionGradient(dV, x, names.value(), dX, Into.ADD);
  }

  private void normGradient(Tensor d, Tensor input, String weight, Tensor inverseRms) {
    kernels.rmsNormGradient(
        d, input, parameters.get(weight), inverseRms, d, Into.OVERWRITE, gradients.get(weight));
  }

  private void projectionGradient(Tensor d, Tensor x, String weight, Tensor dX, Into into) {
    kernels.linearWeightGradient(d, x, gradients.get(weight));
    kernels.linearInputGradient(d, parameters.get(weight), dX, into);
  }
}
