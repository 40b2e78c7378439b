package io.polyspark.model.transformer;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A {@link Transformer} that reads one sequence token after token. What attention needs of earlier
 * positions, their keys and values, stays in a cache, so that a step costs what one position does:
 * it reads every parameter once. Letters: D hidden size, V vocabulary.
 *
 * <p>All memory is taken once, in the constructor; that of the caches is 2 numbers per layer,
 * position and column of the key-value heads. Not thread safe.
 */
public final class Decoder {
  /** Positions of a prompt that are computed at once: enough for products at full speed. */
  private static final int CHUNK = 64;

  private final Kernels kernels;
  private final int context;
  private final DecoderPass chunk;
  private final DecoderPass step;
  private final Tensor output;
  private final Tensor logits;
  private int positions;

  /**
   * @param kernels the caller's
   * @param parameters only read, whenever tokens are
   */
  public Decoder(ModelConfig config, Kernels kernels, Parameters parameters) {
    this.kernels = kernels;
    this.context = config.maxPositionEmbeddings();
    int rows = Math.min(CHUNK, context);
    // The last chunk of a prompt is filled up, which may reach beyond the context.
    long cached = (long) context + rows;
    List<KeyValueCache> caches =
        Stream.generate(
                () ->
                    new KeyValueCache(
                        kernels.allocate(cached, config.keyValueSize()),
                        kernels.allocate(cached, config.keyValueSize())))
            .limit(config.numHiddenLayers())
            .toList();
    this.chunk = new DecoderPass(config, kernels, parameters, caches, rows);
    this.step = new DecoderPass(config, kernels, parameters, caches, 1);
    this.output = parameters.get(config.tieWordEmbeddings() ? Names.EMBEDDING : Names.OUTPUT);
    this.logits = kernels.allocate(1, config.vocabSize());
  }

  /** The most positions that it can read, the configuration's {@code max_position_embeddings}. */
  public int context() {
    return context;
  }

  /** How many it has read. */
  public int positions() {
    return positions;
  }

  /** Forgets what it has read: the next token is at position 0. */
  public void restart() {
    positions = 0;
  }

  /**
   * Reads tokens at the next positions.
   *
   * @param tokens at least one, ids below V
   * @return the scores of all tokens after the last, [1, V]; valid until the next call
   * @throws IllegalArgumentException if there is none, or the context ends before them
   */
  public Tensor read(int... tokens) {
    if (tokens.length == 0 || tokens.length > context - positions) {
      throw new IllegalArgumentException(
          "%d tokens after %d, in a context of %d".formatted(tokens.length, positions, context));
    }
    Tensor last = null;
    for (int from = 0; from < tokens.length; ) {
      DecoderPass pass = tokens.length - from == 1 ? step : chunk;
      int count = Math.min(pass.rows(), tokens.length - from);
      // What fills up a chunk is overwritten in the caches before a later position looks there.
      int[] ids = Arrays.copyOf(Arrays.copyOfRange(tokens, from, from + count), pass.rows());
      last = kernels.rows(pass.forward(ids, positions), count - 1, count);
      positions += count;
      from += count;
    }
    kernels.linear(last, output, logits, Into.OVERWRITE);
    return logits;
  }
}
