package io.polyspark.model.dl4j;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.transformer.Decoder;
import io.polyspark.model.transformer.Parameters;

/**
 * A {@link Decoder} over a replica's parameters, with its own memory, and the way of token ids and
 * scores between the heap and that memory. Not thread safe. Close it before the replica.
 */
public final class TokenDecoder implements AutoCloseable {
  private final Kernels kernels;
  private final Decoder decoder;
  private final double[] logits;

  /**
   * @param kernels closed with this
   */
  TokenDecoder(ModelConfig config, Kernels kernels, Parameters parameters) {
    this.kernels = kernels;
    this.decoder = new Decoder(config, kernels, parameters);
    this.logits = new double[config.vocabSize()];
  }

  /** The most positions that it can read. */
  public int context() {
    return decoder.context();
  }

  /** How many it has read. */
  public int positions() {
    return decoder.positions();
  }

  /** Forgets what it has read. */
  public void restart() {
    decoder.restart();
  }

  /**
   * Reads tokens at the next positions.
   *
   * @param tokens at least one
   * @return the scores of all tokens after the last, [V], the caller's own
   * @throws IllegalArgumentException if there is no token, if one is not in the vocabulary, or if
   *     the context ends before them
   */
  public float[] read(int... tokens) {
    for (int id : tokens) {
      // It would be read from beyond the table.
      if (id < 0 || id >= logits.length) {
        throw new IllegalArgumentException(
            "The token id " + id + " is not in the vocabulary of " + logits.length);
      }
    }
    Tensor scores = decoder.read(tokens);
    kernels.download(scores, logits);
    float[] rounded = new float[logits.length];
    for (int id = 0; id < rounded.length; id++) {
      rounded[id] = (float) logits[id];
    }
    return rounded;
  }

  @Override
  public void close() {
    kernels.close();
  }
}
