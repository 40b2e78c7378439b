package io.polyspark.model.transformer;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.tensor.Tensor;

/**
 * {@link Attention} of n positions of one sequence over those before them, whose keys and values
 * are in a cache, and which puts theirs there. C is the width of all key-value heads; positions are
 * those from {@code first} on.
 *
 * <pre>
 *   q = rotary(norm(x Wq^T))               [n, D]
 *   keys[first ...] = rotary(norm(x Wk^T)), values[first ...] = x Wv^T   [n, C]
 *   y = softmax(q keys^T / sqrt(d) + causal) values Wo^T
 * </pre>
 */
final class CachedAttention {
  private final ModelConfig config;
  private final Kernels kernels;
  private final Parameters parameters;
  private final Names names;
  private final KeyValueCache cache;
  private final AttentionShape shape;
  private final Tensor q;
  private final Tensor heads;
  private final Tensor qProjected;
  private final Tensor kProjected;
  private final Tensor inverseRms;

  CachedAttention(
      ModelConfig config,
      Kernels kernels,
      MemoryPlan plan,
      Parameters parameters,
      int layer,
      KeyValueCache cache,
      int rows) {
    this.config = config;
    this.kernels = kernels;
    this.parameters = parameters;
    this.names = new Names(layer);
    this.cache = cache;
    this.shape =
        new AttentionShape(
            1,
            Math.toIntExact(cache.keys().rows()),
            config.numAttentionHeads(),
            config.numKeyValueHeads(),
            config.headSize());
    this.q = plan.shared("q", rows, config.hiddenSize());
    this.heads = plan.shared("heads", rows, config.hiddenSize());
    boolean norm = config.qkNorm();
    this.qProjected = norm ? plan.shared("q.projected", rows, config.hiddenSize()) : q;
    this.kProjected = norm ? plan.shared("k.projected", rows, config.keyValueSize()) : null;
    this.inverseRms = norm ? plan.shared("qk.inverseRms", rows, 1) : null;
  }

  /**
   * {@code y += attention(x)}.
   *
   * @param x [n, D]
   * @param first the position of the first row
   * @param y [n, D]
   */
  void forward(Tensor x, int first, Tensor y) {
    Tensor k = kernels.rows(cache.keys(), first, first + x.rows());
    Tensor v = kernels.rows(cache.values(), first, first + x.rows());
    kernels.linear(x, parameters.get(names.query()), qProjected, Into.OVERWRITE);
    kernels.linear(x, parameters.get(names.value()), v, Into.OVERWRITE);
    if (config.qkNorm()) {
      double eps = config.rmsNormEps();
      kernels.linear(x, parameters.get(names.key()), kProjected, Into.OVERWRITE);
      kernels.rmsNorm(qProjected, parameters.get(names.queryNorm()), eps, inverseRms, q);
      kernels.rmsNorm(kProjected, parameters.get(names.keyNorm()), eps, inverseRms, k);
    } else {
      kernels.linear(x, parameters.get(names.key()), k, Into.OVERWRITE);
    }
    kernels.rotaryFrom(q, first, shape.positions(), shape.headSize(), config.ropeTheta());
    kernels.rotaryFrom(k, first, shape.positions(), shape.headSize(), config.ropeTheta());
    kernels.cachedAttention(q, cache.keys(), cache.values(), shape, first, heads);
    kernels.linear(heads, parameters.get(names.attentionOutput()), y, Into.ADD);
  }
}
