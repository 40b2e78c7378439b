package io.polyspark.evaluate;

/** Measures a checkpoint on a split, as a Spark job. */
public final class Evaluation {
  /**
   * The loss of a checkpoint over a split.
   *
   * @param loss mean cross-entropy over every predicted token of every window, nats per token
   * @param perplexity e^loss
   * @param bitsPerByte {@code loss / ln 2} bits per token, times the split's tokens over its bytes
   *     of text
   * @param tokens predicted tokens
   */
  public record Result(double loss, double perplexity, double bitsPerByte, long tokens) {}

  private Evaluation() {}
}
