package io.polyspark.model.generate;

import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.config.UserError;
import io.polyspark.model.dl4j.Replica;
import io.polyspark.model.dl4j.TokenDecoder;
import io.polyspark.model.tokenize.Tokenizer;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Generates text: the model reads a token and gives the next one, again and again. It sees the last
 * T tokens of a prompt. Where its T positions are full, the oldest quarter of what it sees is
 * dropped and it reads the rest again, at positions from 0 on: so each token after that sees
 * between three quarters of T and T tokens. T is {@code max_position_embeddings}. Not thread safe.
 */
public final class Generator implements AutoCloseable {
  private final Replica replica;
  private final TokenDecoder decoder;
  private final Tokenizer tokenizer;

  /**
   * Takes a model and its tokenizer, and closes both.
   *
   * @param replica its parameters filled in
   * @param tokenizer the one the model was trained with
   * @param model the replica's configuration
   * @throws UserError if the tokenizer has ids that the model does not know
   */
  public Generator(Replica replica, Tokenizer tokenizer, ModelConfig model) {
    if (tokenizer.vocabSize() > model.vocabSize()) {
      throw UserError.of(
          "The tokenizer has %d ids where the model's vocab_size is %d: use the model's own"
              + " tokenizer.",
          tokenizer.vocabSize(), model.vocabSize());
    }
    this.replica = replica;
    this.tokenizer = tokenizer;
    this.decoder = replica.decoder();
  }

  /** Loads the model and the tokenizer of a checkpoint. */
  public static Generator open(Checkpoint checkpoint) throws IOException {
    ModelConfig model = checkpoint.model();
    Tokenizer tokenizer =
        Tokenizer.load(checkpoint.tokenizerJson(), checkpoint.tokenizerFile().toString());
    try {
      Replica replica = Replica.create(model, 1, 1);
      try {
        checkpoint.readParameters(replica.parameters());
        return new Generator(replica, tokenizer, model);
      } catch (IOException | RuntimeException e) {
        replica.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  /**
   * Continues a prompt until the model ends the text, a text that ends it comes, or enough tokens
   * are drawn.
   *
   * @param prompt what the text begins with; where it is empty, the model begins a document
   * @param sampling how tokens are drawn
   * @param stream gets the text in pieces of whole characters, as soon as they are known
   * @return the pieces together, without the prompt
   */
  public String generate(String prompt, Sampling sampling, Consumer<String> stream) {
    int[] tokens = tokenizer.encode(prompt);
    if (tokens.length == 0) {
      tokens = new int[] {tokenizer.endOfText()};
    }
    TextStream text = new TextStream(tokenizer, tokens);
    StopText known = new StopText(sampling.stops());
    Sampler sampler = new Sampler(sampling);
    Arrays.stream(tokens).forEach(sampler::saw);
    StringBuilder generated = new StringBuilder();
    Consumer<String> give =
        piece -> {
          if (!piece.isEmpty()) {
            generated.append(piece);
            stream.accept(piece);
          }
        };
    int count = tokens.length;
    int read = 0;
    tokens = Arrays.copyOf(tokens, Math.addExact(count, sampling.maxTokens()));
    decoder.restart();
    while (count < tokens.length) {
      int next = sampler.next(nextLogits(tokens, read, count), tokenizer.vocabSize());
      read = count;
      if (next == tokenizer.endOfText()) {
        break;
      }
      tokens[count++] = next;
      sampler.saw(next);
      give.accept(known.add(text.add(next)));
      if (known.stopped()) {
        return generated.toString();
      }
    }
    give.accept(known.add(text.finish()));
    give.accept(known.finish());
    return generated.toString();
  }

  @Override
  public void close() {
    decoder.close();
    replica.close();
    tokenizer.close();
  }

  /**
   * Logits after the last token.
   *
   * @param read how many of the tokens the decoder has read
   * @param count how many there are, more than {@code read}
   */
  private float[] nextLogits(int[] tokens, int read, int count) {
    int context = decoder.context();
    int from = read;
    if (count - read > context - decoder.positions()) {
      decoder.restart();
      // A prompt is seen as far as it fits; later there must be room for what comes.
      int kept = read == 0 ? context : Math.max(1, context - Math.max(1, context / 4));
      from = Math.max(0, count - kept);
    }
    return decoder.read(Arrays.copyOfRange(tokens, from, count));
  }
}
