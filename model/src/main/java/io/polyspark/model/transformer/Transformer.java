package io.polyspark.model.transformer;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.Indices;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * A decoder-only transformer on a batch of B sequences of T tokens. Letters: N = B*T rows, D hidden
 * size, V vocabulary.
 *
 * <pre>
 *   x_0     = E[tokens]                                        [N, D]
 *   x_{l+1} = {@link Block}(x_l)                                      [N, D]
 *   loss    = mean of -log softmax(RMSNorm(x_L) W^T)[target]   W [V, D]
 * </pre>
 *
 * Mixtures of experts add their {@link RouterLoss} to what is optimised.
 *
 * <p>All memory is taken once, in the constructor; a pass allocates nothing. Not thread safe.
 */
public final class Transformer {
  private final ModelConfig config;
  private final Kernels kernels;
  private final Parameters parameters;
  private final Parameters gradients;
  private final List<Block> blocks;
  private final List<Tensor> x;
  private final Tensor normed;
  private final Tensor inverseRms;
  private final Tensor dX;
  private final Tensor dNormed;
  private List<ActivationHealth> health = List.of();

  /**
   * @param plan where memory comes from; {@link MemoryPlan.Purpose#TRAINING} for {@link #backward}
   * @param recompute what the backward pass computes again instead of keeping it
   * @param gradients as the parameters; null for a model that is only read
   * @param batch B
   * @param context T, at most the configuration's {@code max_position_embeddings}
   */
  public Transformer(
      ModelConfig config,
      Kernels kernels,
      MemoryPlan plan,
      Recompute recompute,
      Parameters parameters,
      Parameters gradients,
      int batch,
      int context) {
    this.config = config;
    this.kernels = kernels;
    this.parameters = parameters;
    this.gradients = gradients;
    int layers = config.numHiddenLayers();
    long rows = (long) batch * context;
    long hidden = config.hiddenSize();
    Sizes sizes = new Sizes(batch, context);
    this.x =
        IntStream.rangeClosed(0, layers)
            .mapToObj(layer -> plan.exact().between("x", layer, rows, hidden))
            .toList();
    this.blocks = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      blocks.add(new Block(config, kernels, plan, recompute, parameters, gradients, layer, sizes));
    }
    this.normed = plan.shared("normed.final", rows, hidden);
    this.inverseRms = plan.shared("inverseRms.final", rows, 1);
    boolean training = plan.purpose() == MemoryPlan.Purpose.TRAINING;
    this.dX = training ? plan.exact().shared("dX", rows, hidden) : null;
    this.dNormed = training ? plan.exact().shared("dNormed", rows, hidden) : null;
  }

  /**
   * Computes the hidden states of a batch, after the final norm.
   *
   * @param tokens [N], sequence after sequence
   * @return [N, D], valid until the next pass
   */
  public Tensor forward(Indices tokens) {
    return forward(tokens, block -> {});
  }

  /**
   * As {@link #forward}, and measures what {@link #activationHealth} says; only in memory for
   * training. No bit of the result depends on it.
   */
  public Tensor forwardWatched(Indices tokens) {
    List<ActivationHealth> measured = new ArrayList<>();
    Tensor result = forward(tokens, block -> measured.add(block.activationHealth()));
    health = List.copyOf(measured);
    return result;
  }

  /**
   * As {@link #forward}, and shows what it computes; in memory for training or analysis. No bit of
   * the result depends on it.
   */
  public Tensor forwardObserved(Indices tokens, ForwardObserver observer) {
    Tensor result =
        forward(
            tokens, block -> observer.activation(kernels, block.layer(), block.activationRows()));
    observer.hiddenStates(kernels, x);
    return result;
  }

  private Tensor forward(Indices tokens, Consumer<Block> afterEach) {
    kernels.gatherRows(parameters.get(Names.EMBEDDING), tokens, x.get(0));
    for (int layer = 0; layer < blocks.size(); layer++) {
      blocks.get(layer).forward(x.get(layer), x.get(layer + 1));
      afterEach.accept(blocks.get(layer));
    }
    kernels.rmsNorm(
        x.get(blocks.size()),
        parameters.get(Names.FINAL_NORM),
        config.rmsNormEps(),
        inverseRms,
        normed);
    return normed;
  }

  /**
   * The cross-entropy of every position, after {@link #forward}.
   *
   * @param targets [N]
   * @param losses [N, 1], natural logarithm
   */
  public void losses(Indices targets, Tensor losses) {
    kernels.crossEntropy(normed, output(parameters), targets, losses);
  }

  /**
   * The cross-entropy of some positions, after {@link #forward}.
   *
   * @param rows the positions, n numbers below N
   * @param hidden overwritten, [n, D]
   * @param targets [n]
   * @param losses [n, 1], natural logarithm
   */
  public void losses(Indices rows, Tensor hidden, Indices targets, Tensor losses) {
    kernels.gatherRows(normed, rows, hidden);
    kernels.crossEntropy(hidden, output(parameters), targets, losses);
  }

  /**
   * The cross-entropy of every position, and the gradient of its mean plus {@link #routerLoss}
   * added to the gradients, after {@link #forward}.
   *
   * @param tokens as in the forward pass
   * @param targets [N]
   * @param losses [N, 1], natural logarithm
   */
  public void backward(Indices tokens, Indices targets, Tensor losses) {
    kernels.crossEntropyWithGradient(
        normed, output(parameters), targets, losses, dNormed, output(gradients));
    kernels.rmsNormGradient(
        dNormed,
        x.get(blocks.size()),
        parameters.get(Names.FINAL_NORM),
        inverseRms,
        dX,
        Into.OVERWRITE,
        gradients.get(Names.FINAL_NORM));
    int last = blocks.size() - 1;
    for (int layer = last; layer >= 0; layer--) {
      // What the last block's forward pass left is still there.
      if (layer < last) {
        blocks.get(layer).recompute(x.get(layer));
      }
      blocks.get(layer).backward(x.get(layer), dX);
    }
    kernels.scatterAddRows(dX, tokens, gradients.get(Names.EMBEDDING));
  }

  /** How the last watched batch used the activation of each layer; empty before the first. */
  public List<ActivationHealth> activationHealth() {
    return health;
  }

  /** How the last forward pass used the experts of each layer; empty for a dense model. */
  public List<ExpertLoad> expertLoads() {
    return blocks.stream().map(Block::expertLoad).flatMap(Optional::stream).toList();
  }

  /** What the last forward pass adds to the cross-entropy; 0 for a dense model. */
  public double routerLoss() {
    return routerLoss(expertLoads());
  }

  /** As the other, of a pass whose {@link #expertLoads} were asked for already. */
  public double routerLoss(List<ExpertLoad> loads) {
    return RouterLoss.of(config, loads);
  }

  /**
   * The scores of all tokens at every position, after {@link #forward}.
   *
   * @param logits [N, V]
   */
  public void logits(Tensor logits) {
    kernels.linear(normed, output(parameters), logits, Into.OVERWRITE);
  }

  /**
   * The scores of all tokens at some positions, after {@link #forward}.
   *
   * @param rows the positions, n numbers below N
   * @param hidden overwritten, [n, D]
   * @param logits [n, V]
   */
  public void logits(Indices rows, Tensor hidden, Tensor logits) {
    kernels.gatherRows(normed, rows, hidden);
    kernels.linear(hidden, output(parameters), logits, Into.OVERWRITE);
  }

  private Tensor output(Parameters of) {
    return of.get(config.tieWordEmbeddings() ? Names.EMBEDDING : Names.OUTPUT);
  }
}
