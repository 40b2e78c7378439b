package io.polyspark.model.transformer;

import io.polyspark.model.config.ModelConfig;

/**
 * The floating-point operations of training, as the model needs them, whatever the kernels do: an
 * activation that is computed twice counts once. The one place that knows the formula (PaLM, arXiv
 * 2204.02311, appendix B, with the mask's half of the scores left out).
 */
public final class Flops {
  private Flops() {}

  /**
   * The operations per token of a training step, forward and backward:
   *
   * <pre>
   *   6 P + 6 L T D
   * </pre>
   *
   * P are the parameters that a token is multiplied with: those that it meets ({@link
   * ParameterCounts#active}) without the embedding table, which is looked up; where the table is
   * the output projection too, it counts as that. Each takes a multiplication and an addition
   * forward, and two of both backward. L layers of attention multiply a query with the T / 2 keys
   * that it sees on average, and the scores with as many values, each of width D.
   *
   * @param context T, tokens per sequence
   */
  public static long perToken(ModelConfig config, int context) {
    ParameterCounts counts = ParameterCounts.of(config);
    long lookedUp = config.tieWordEmbeddings() ? 0 : counts.total() - counts.withoutEmbedding();
    long multiplied = counts.active() - lookedUp;
    long attention = (long) config.numHiddenLayers() * context * config.hiddenSize();
    return 6 * (multiplied + attention);
  }
}
