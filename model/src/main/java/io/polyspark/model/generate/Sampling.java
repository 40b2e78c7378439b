package io.polyspark.model.generate;

import io.polyspark.model.config.UserError;
import java.util.List;

/**
 * How text is drawn from a model. What is set here comes in the order of Hugging Face's
 * transformers: the repetition penalty, the temperature, the K most likely, the most likely that
 * have the probability P.
 *
 * @param maxTokens tokens to generate at most, at least 1
 * @param temperature divides the logits before the softmax; 0 takes the most likely token each time
 * @param topK draws from the K most likely tokens only; 0 draws from all
 * @param topP draws from the fewest tokens whose probabilities add up to this (arXiv 1904.09751),
 *     above 0; 1 draws from all
 * @param repetitionPenalty divides the positive logits of tokens that are in the text already, the
 *     prompt included, and multiplies the negative ones (arXiv 1909.05858), above 0; 1 changes
 *     nothing
 * @param stops the text ends before the first of these, none of them empty
 * @param seed of the draws: the same seed gives the same text
 */
public record Sampling(
    int maxTokens,
    double temperature,
    int topK,
    double topP,
    double repetitionPenalty,
    List<String> stops,
    long seed) {
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
    if (!(topP > 0 && topP <= 1)) {
      throw UserError.of(
          "Cannot draw from the tokens that have a probability of %s: give a number above 0, 1 for"
              + " all.",
          topP);
    }
    if (!(repetitionPenalty > 0 && repetitionPenalty < Double.POSITIVE_INFINITY)) {
      throw UserError.of(
          "The repetition penalty cannot be %s: give a number above 0, 1 for none.",
          repetitionPenalty);
    }
    if (stops.contains("")) {
      throw UserError.of("A text that ends the generated one cannot be empty.");
    }
    stops = List.copyOf(stops);
  }

  /** With neither a limit of the probability nor a penalty nor a text that ends the generated. */
  public Sampling(int maxTokens, double temperature, int topK, long seed) {
    this(maxTokens, temperature, topK, 1, 1, List.of(), seed);
  }
}
