package io.polyspark.model.transformer;

import io.polyspark.model.config.ModelConfig;

/**
 * How many parameters a model has.
 *
 * @param total all of them
 * @param withoutEmbedding all but the embedding table [V, D]
 * @param active those that one token meets: in a mixture of experts, K of the E experts of a layer
 *     and all that is no expert; in a dense model all
 */
public record ParameterCounts(long total, long withoutEmbedding, long active) {
  /** Counts the parameters of a model. */
  public static ParameterCounts of(ModelConfig config) {
    ParameterLayout layout = ParameterLayout.of(config);
    long experts =
        layout.entries().stream()
            .filter(ParameterLayout.Entry::isOfAnExpert)
            .mapToLong(ParameterLayout.Entry::length)
            .sum();
    // Experts all have one shape.
    long idle =
        config.isMixtureOfExperts()
            ? experts / config.numExperts() * (config.numExperts() - config.numExpertsPerTok())
            : 0;
    long embedding = (long) config.vocabSize() * config.hiddenSize();
    return new ParameterCounts(
        layout.length(), layout.length() - embedding, layout.length() - idle);
  }
}
