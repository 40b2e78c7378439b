package io.polyspark.model.generate;

import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.config.UserError;
import io.polyspark.model.dl4j.Replica;
import io.polyspark.model.tokenize.Tokenizer;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Generates text: the model reads the last T tokens and gives the next one, again and again. Not
 * thread safe.
 */
public final class Generator implements AutoCloseable {
  private final Replica replica;
  private final Tokenizer tokenizer;
  private final int context;

  /**
   * Takes a model and its tokenizer, and closes both.
   *
   * @param replica of batch 1 and context T, its parameters filled in
   * @param tokenizer the one the model was trained with
   * @param model the replica's configuration
   * @param context T
   * @throws UserError if the tokenizer has ids that the model does not know
   */
  public Generator(Replica replica, Tokenizer tokenizer, ModelConfig model, int context) {
    if (tokenizer.vocabSize() > model.vocabSize()) {
      throw UserError.of(
          "The tokenizer has %d ids where the model's vocab_size is %d: use the model's own"
              + " tokenizer.",
          tokenizer.vocabSize(), model.vocabSize());
    }
    this.replica = replica;
    this.tokenizer = tokenizer;
    this.context = context;
  }

  /** Loads the model and the tokenizer of a checkpoint. */
  public static Generator open(Checkpoint checkpoint) throws IOException {
    ModelConfig model = checkpoint.model();
    int context = model.maxPositionEmbeddings();
    Tokenizer tokenizer =
        Tokenizer.load(checkpoint.tokenizerJson(), checkpoint.tokenizerFile().toString());
    try {
      Replica replica = Replica.create(model, 1, context);
      try {
        checkpoint.readParameters(replica.parameters());
        return new Generator(replica, tokenizer, model, context);
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
   * Continues a prompt until the model ends the text or enough tokens are drawn.
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
    Sampler sampler = new Sampler(sampling);
    StringBuilder generated = new StringBuilder();
    Consumer<String> give =
        piece -> {
          if (!piece.isEmpty()) {
            generated.append(piece);
            stream.accept(piece);
          }
        };
    int count = tokens.length;
    tokens = Arrays.copyOf(tokens, Math.addExact(count, sampling.maxTokens()));
    while (count < tokens.length) {
      int next = sampler.next(nextLogits(tokens, count), tokenizer.vocabSize());
      if (next == tokenizer.endOfText()) {
        break;
      }
      tokens[count++] = next;
      give.accept(text.add(next));
    }
    give.accept(text.finish());
    return generated.toString();
  }

  @Override
  public void close() {
    replica.close();
    tokenizer.close();
  }

  /** Logits after the last of {@code count} tokens. What fills up the window is never looked at. */
  private float[] nextLogits(int[] tokens, int count) {
    int length = Math.min(count, context);
    int[] window = new int[context];
    System.arraycopy(tokens, count - length, window, 0, length);
    return replica.logits(window, length - 1);
  }
}
