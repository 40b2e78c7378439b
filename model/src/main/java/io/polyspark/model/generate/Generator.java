package io.polyspark.model.generate;

import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.config.UserError;
import io.polyspark.model.dl4j.ComputeOptions;
import io.polyspark.model.dl4j.Replica;
import io.polyspark.model.dl4j.TokenDecoder;
import io.polyspark.model.tensor.Device;
import io.polyspark.model.tokenize.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Generates text: the model reads a token and gives the next one, again and again, of several texts
 * at once where there are several prompts. It sees the last T tokens of a prompt. Where its T
 * positions are full, the oldest quarter of what it sees is dropped and it reads the rest again, at
 * positions from 0 on: so each token after that sees between three quarters of T and T tokens. T is
 * {@code max_position_embeddings}. Not thread safe.
 */
public final class Generator implements AutoCloseable {
  private final Replica replica;
  private final Tokenizer tokenizer;
  private final int longest;
  private final int atOnce;

  /** Made once it is known how many positions there will be; made anew for more. */
  private TokenDecoder decoder;

  /**
   * Takes a model and its tokenizer, and closes both.
   *
   * @param replica its parameters filled in
   * @param tokenizer the one the model was trained with
   * @param model the replica's configuration
   * @throws UserError if the tokenizer has ids that the model does not know
   */
  public Generator(Replica replica, Tokenizer tokenizer, ModelConfig model) {
    this(replica, tokenizer, model, 1);
  }

  /**
   * As the other.
   *
   * @param atOnce texts that are generated side by side, each with keys and values of its own
   */
  public Generator(Replica replica, Tokenizer tokenizer, ModelConfig model, int atOnce) {
    if (tokenizer.vocabSize() > model.vocabSize()) {
      throw UserError.of(
          "The tokenizer has %d ids where the model's vocab_size is %d: use the model's own"
              + " tokenizer.",
          tokenizer.vocabSize(), model.vocabSize());
    }
    this.replica = replica;
    this.tokenizer = tokenizer;
    this.longest = model.maxPositionEmbeddings();
    this.atOnce = atOnce;
  }

  /** Loads the model and the tokenizer of a checkpoint. */
  public static Generator open(Checkpoint checkpoint) throws IOException {
    return open(checkpoint, 1);
  }

  /** As the other, for so many texts at once. */
  public static Generator open(Checkpoint checkpoint, int atOnce) throws IOException {
    return open(checkpoint, atOnce, Device.CPU);
  }

  /** As the other, computed on a device. */
  public static Generator open(Checkpoint checkpoint, int atOnce, Device device)
      throws IOException {
    ModelConfig model = checkpoint.model();
    Tokenizer tokenizer =
        Tokenizer.load(checkpoint.tokenizerJson(), checkpoint.tokenizerFile().toString());
    try {
      Replica replica = Replica.create(model, 1, 1, ComputeOptions.DEFAULT.withDevice(device));
      try {
        checkpoint.readParameters(replica.parameters());
        return new Generator(replica, tokenizer, model, atOnce);
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
    return generate(List.of(prompt), sampling, stream).get(0);
  }

  /**
   * Continues several prompts, as many at once as the generator was made for; where one ends, the
   * next takes its place. Each has random numbers of its own, by its place in the list and the
   * seed, so that what is drawn for one does not depend on the others but for rounding: their
   * products are computed together.
   *
   * @param prompts as the other's
   * @param sampling how tokens are drawn
   * @param stream gets the pieces of all texts, as they come
   * @return what continues each prompt, in their order
   */
  public List<String> generate(List<String> prompts, Sampling sampling, Consumer<String> stream) {
    List<String> texts = new ArrayList<>();
    generate(prompts, sampling, stream, (index, text) -> texts.add(text));
    return texts;
  }

  /**
   * As the other, and gives each text as soon as it and all before it have ended.
   *
   * @param finished gets what continues a prompt, with the prompt's place, in their order
   */
  public void generate(
      List<String> prompts,
      Sampling sampling,
      Consumer<String> stream,
      BiConsumer<Integer, String> finished) {
    prepare(prompts, sampling);
    Map<Integer, Continuation> open = new TreeMap<>();
    Continuation[] active = new Continuation[atOnce];
    int begun = 0;
    int ended = 0;
    while (true) {
      while (open.containsKey(ended) && open.get(ended).isDone()) {
        finished.accept(ended, open.remove(ended).text());
        ended++;
      }
      for (int sequence = 0; sequence < active.length; sequence++) {
        if (active[sequence] != null && active[sequence].isDone()) {
          active[sequence] = null;
        }
        if (active[sequence] == null && begun < prompts.size()) {
          active[sequence] =
              new Continuation(tokenizer, begun, prompts.get(begun), sampling, stream);
          open.put(begun, active[sequence]);
          decoder.restart(sequence);
          begun++;
        }
      }
      if (open.isEmpty()) {
        return;
      }
      advance(active);
    }
  }

  /** Takes memory for as many positions as the longest text can have. */
  private void prepare(List<String> prompts, Sampling sampling) {
    long most = 1;
    for (String prompt : prompts) {
      most = Math.max(most, tokenizer.encode(prompt).length);
    }
    int context = (int) Math.min(longest, most + sampling.maxTokens());
    if (decoder == null || decoder.context() < context) {
      closeDecoder();
      decoder = replica.decoder(atOnce, context);
    }
  }

  private void closeDecoder() {
    if (decoder != null) {
      decoder.close();
      decoder = null;
    }
  }

  @Override
  public void close() {
    closeDecoder();
    replica.close();
    tokenizer.close();
  }

  /** Draws a token of each text: a prompt is read by itself, then one token of all together. */
  private void advance(Continuation[] active) {
    List<Integer> together = new ArrayList<>();
    for (int sequence = 0; sequence < active.length; sequence++) {
      Continuation text = active[sequence];
      if (text == null) {
        continue;
      }
      int[] unread = text.unread();
      if (unread.length > decoder.context() - decoder.positions(sequence)) {
        decoder.restart(sequence);
        text.next(decoder.read(sequence, text.lastThatFit(decoder.context())));
      } else if (unread.length == 1) {
        together.add(sequence);
      } else {
        text.next(decoder.read(sequence, unread));
      }
    }
    if (!together.isEmpty()) {
      int[] sequences = together.stream().mapToInt(Integer::intValue).toArray();
      int[] tokens = together.stream().mapToInt(s -> active[s].unread()[0]).toArray();
      float[][] logits = decoder.step(sequences, tokens);
      for (int row = 0; row < sequences.length; row++) {
        active[sequences[row]].next(logits[row]);
      }
    }
  }
}
