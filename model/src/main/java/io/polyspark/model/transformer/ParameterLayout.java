package io.polyspark.model.transformer;

import io.polyspark.model.activation.Activations;
import io.polyspark.model.activation.MlpActivation;
import io.polyspark.model.config.ModelConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * Which parameter lies where in the flat vector: a pure function of the configuration, and the one
 * order that replicas, chunks, optimizer state and checkpoints share. Names and shapes are Hugging
 * Face's; a linear layer's weight is [out, in].
 */
public final class ParameterLayout {
  /**
   * One parameter.
   *
   * @param name as in {@code model.safetensors}
   * @param shape one or two sizes
   * @param offset of its first element in the flat vector
   */
  public record Entry(String name, List<Long> shape, long offset) {
    /** Copies the list. */
    public Entry {
      shape = List.copyOf(shape);
    }

    /** The number of elements. */
    public long length() {
      return shape.stream().reduce(1L, Math::multiplyExact);
    }

    /** Whether it holds trained numbers of an activation. */
    public boolean isActivationCoefficients() {
      return name.contains(Names.ACTIVATION);
    }

    /** Whether it belongs to one expert of a mixture. */
    public boolean isOfAnExpert() {
      return name.contains(Names.EXPERTS);
    }

    /** Whether weight decay applies: to matrices only, embeddings included. */
    public boolean decays() {
      return shape.size() == 2;
    }
  }

  private final List<Entry> entries = new ArrayList<>();
  private long length;

  private ParameterLayout() {}

  /** The layout of a model. */
  public static ParameterLayout of(ModelConfig config) {
    ParameterLayout layout = new ParameterLayout();
    long vocabulary = config.vocabSize();
    long hidden = config.hiddenSize();
    layout.add(Names.EMBEDDING, vocabulary, hidden);
    for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
      layout.addBlock(config, new Names(layer));
    }
    layout.add(Names.FINAL_NORM, hidden);
    if (!config.tieWordEmbeddings()) {
      layout.add(Names.OUTPUT, vocabulary, hidden);
    }
    return layout;
  }

  private void addBlock(ModelConfig config, Names names) {
    long hidden = config.hiddenSize();
    long keyValue = config.keyValueSize();
    add(names.inputNorm(), hidden);
    add(names.query(), hidden, hidden);
    add(names.key(), keyValue, hidden);
    add(names.value(), keyValue, hidden);
    add(names.attentionOutput(), hidden, hidden);
    if (config.qkNorm()) {
      add(names.queryNorm(), hidden);
      add(names.keyNorm(), keyValue);
    }
    add(names.mlpNorm(), hidden);
    MlpActivation activation = Activations.named(config.hiddenAct().get(names.layer()));
    if (config.isMixtureOfExperts()) {
      add(names.router(), config.numExperts(), hidden);
      for (int expert = 0; expert < config.numExperts(); expert++) {
        Names.Expert of = names.expert(expert);
        addMlp(activation, of.gate(), of.up(), of.down(), config);
      }
    } else {
      addMlp(activation, names.gate(), names.up(), names.down(), config);
    }
    for (MlpActivation.Coefficients coefficients : activation.coefficients()) {
      add(names.activation(coefficients.name()), coefficients.initial().size());
    }
  }

  private void addMlp(
      MlpActivation activation, String gate, String up, String down, ModelConfig config) {
    long hidden = config.hiddenSize();
    long inner = config.intermediateSize();
    if (activation.isGate()) {
      add(gate, inner, hidden);
    }
    add(up, inner, hidden);
    add(down, hidden, inner);
  }

  private void add(String name, long... shape) {
    List<Long> sizes = java.util.Arrays.stream(shape).boxed().toList();
    Entry entry = new Entry(name, sizes, length);
    entries.add(entry);
    length = Math.addExact(length, entry.length());
  }

  /** The parameters in the order of the flat vector, without gaps. */
  public List<Entry> entries() {
    return List.copyOf(entries);
  }

  /** The number of elements of the flat vector. */
  public long length() {
    return length;
  }
}
