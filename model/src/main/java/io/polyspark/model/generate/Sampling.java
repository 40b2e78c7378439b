package io.polyspark.model.generate;

import io.polyspark.model.config.UserError;

/**
 * How text is drawn from a model.
 *
 * @param maxTokens tokens to generate at most, at least 1
 * @param temperature divides the logits before the softmax; 0 takes the most likely token each time
 * @param topK draws from the K most likely tokens only; 0 draws from all
 * @param seed of the draws: the same seed gives the same text
 */
public record Sampling(int maxTokens, double temperature, int topK, long seed) {
  /**
   * Checks the ranges.
   *
   * @throws UserError naming the number that is out of its range
   */
  public Sampling {
    if (maxTokens < 1) {
      throw UserError.of("Cannot generate %d tokens: ask for at least 1.", maxTokens);
    }
    if (!(temperature >= 0 && temperature < Double.POSITIVE_INFINITY)) {
      throw UserError.of("The temperature cannot be %s: give a number from 0.", temperature);
    }
    if (topK < 0) {
      throw UserError.of(
          "Cannot draw from the %d most likely tokens: give at least 1, or 0 for all.", topK);
    }
  }
}
