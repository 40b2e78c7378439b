package io.polyspark.model.dl4j;

import io.polyspark.model.activation.Activations;
import io.polyspark.model.activation.MlpActivation;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.device.CudaRequirements;
import io.polyspark.model.optimize.AdamW;
import io.polyspark.model.optimize.AdamWConfig;
import io.polyspark.model.optimize.LearningRate;
import io.polyspark.model.tensor.Device;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.model.tensor.KernelsSource;
import io.polyspark.model.tensor.Precision;
import io.polyspark.model.tensor.nd4j.Nd4jKernels;
import io.polyspark.model.transformer.ActivationHealth;
import io.polyspark.model.transformer.ExpertLoad;
import io.polyspark.model.transformer.ForwardObserver;
import io.polyspark.model.transformer.Initializer;
import io.polyspark.model.transformer.ParameterLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One replica of a language model: a DL4J {@link ComputationGraph} that holds one {@link
 * CausalLanguageModel}, and the state of {@link AdamW} beside it. DL4J's own updater is left out:
 * it counts elements with int, which ends near 1.07 billion parameters. Not thread safe. The
 * replica owns native memory; close it.
 */
public final class Replica implements AutoCloseable {
  /**
   * A training step.
   *
   * @param step which one, counted from 1 over the whole run
   * @param loss mean cross-entropy of the batch before the step, natural logarithm
   * @param gradientNorm the global norm before clipping
   * @param learningRate the rate of the step
   * @param objective what the step makes smaller: the loss and, in a mixture of experts, the
   *     routers' losses by their weights
   * @param experts how the batch used the experts of each layer; empty for a dense model
   */
  public record Step(
      long step,
      double loss,
      double gradientNorm,
      double learningRate,
      double objective,
      List<ExpertLoad> experts) {}

  private final ModelConfig config;
  private final int batch;
  private final int context;
  private final ComputationGraph network;
  private final KernelsSource source;
  private final ReplicaVectors vectors;
  private final OptimizerState optimizer;
  private long completedSteps;

  private Replica(
      ModelConfig config,
      int batch,
      int context,
      ComputationGraph network,
      KernelsSource source,
      ReplicaVectors vectors,
      OptimizerState optimizer) {
    this.config = config;
    this.batch = batch;
    this.context = context;
    this.network = network;
    this.source = source;
    this.vectors = vectors;
    this.optimizer = optimizer;
  }

  /** AdamW and what it computes by. */
  private record OptimizerState(Kernels kernels, AdamW adamW) {}

  /**
   * A replica in float32 for evaluation and generation; its parameters are zeros until they are
   * written.
   */
  public static Replica create(ModelConfig config, int batch, int context) {
    return create(config, batch, context, ComputeOptions.DEFAULT);
  }

  /** As the other, computed as the options say. */
  public static Replica create(ModelConfig config, int batch, int context, ComputeOptions options) {
    ComputationGraph network = network(config, options, Precision.FLOAT32);
    KernelsSource source =
        KernelsProvider.source(Precision.FLOAT32, options.dtype(), options.device());
    ReplicaVectors vectors = ReplicaVectors.toRead(network, source);
    layer(network).reside(source, vectors.parameters(), null);
    return new Replica(config, batch, context, network, source, vectors, null);
  }

  /**
   * A replica in float32 for training, with the default options.
   *
   * @param totalSteps the length of the learning-rate schedule
   */
  public static Replica create(
      ModelConfig config, int batch, int context, AdamWConfig optimizer, long totalSteps) {
    return create(config, batch, context, optimizer, totalSteps, ComputeOptions.DEFAULT);
  }

  /** As the other, computed as the options say. */
  public static Replica create(
      ModelConfig config,
      int batch,
      int context,
      AdamWConfig optimizer,
      long totalSteps,
      ComputeOptions options) {
    return create(config, batch, context, optimizer, totalSteps, options, Precision.FLOAT32);
  }

  /** As the other, in a precision of choice. */
  public static Replica create(
      ModelConfig config,
      int batch,
      int context,
      AdamWConfig optimizer,
      long totalSteps,
      ComputeOptions options,
      Precision precision) {
    return create(
        config,
        batch,
        context,
        optimizer,
        totalSteps,
        options,
        precision,
        UnaryOperator.identity());
  }

  /**
   * As the other in float32, with something between the replica and its kernels, such as a clock.
   *
   * @param observer gives kernels that compute by those that it is given, and close them
   */
  public static Replica observed(
      ModelConfig config,
      int batch,
      int context,
      AdamWConfig optimizer,
      long totalSteps,
      ComputeOptions options,
      UnaryOperator<Kernels> observer) {
    return create(
        config, batch, context, optimizer, totalSteps, options, Precision.FLOAT32, observer);
  }

  private static Replica create(
      ModelConfig config,
      int batch,
      int context,
      AdamWConfig optimizer,
      long totalSteps,
      ComputeOptions options,
      Precision precision,
      UnaryOperator<Kernels> observer) {
    ComputationGraph network = network(config, options, precision);
    KernelsSource source = KernelsProvider.source(precision, options.dtype(), options.device());
    ReplicaVectors vectors = ReplicaVectors.toTrain(network, source, precision);
    layer(network).observe(observer);
    layer(network).reside(source, vectors.parameters(), vectors.gradients());
    Kernels kernels = observer.apply(source.create());
    AdamW adamW =
        new AdamW(
            kernels,
            optimizer,
            LearningRate.of(optimizer, totalSteps),
            Stretches.of(kernels, ParameterLayout.of(config), vectors));
    return new Replica(
        config, batch, context, network, source, vectors, new OptimizerState(kernels, adamW));
  }

  private static ComputationGraph network(
      ModelConfig config, ComputeOptions options, Precision precision) {
    CudaRequirements.require();
    ComputationGraph network =
        new ComputationGraph(
            LanguageModelGraph.configuration(config, options.withDevice(Device.CPU), precision));
    long length = ParameterLayout.of(config).length();
    network.init(Nd4j.create(Nd4jKernels.dataType(precision), 1, length), false);
    return network;
  }

  /** Sets the initial parameters (see {@link Initializer}), and the optimizer to its beginning. */
  public void initialize(long seed) {
    new Initializer(config).initialize(seed, parameters());
    if (optimizer != null) {
      clearMoments();
    }
    completedSteps = 0;
  }

  /** All parameters, a view: writing to it changes the replica. */
  public FlatVector parameters() {
    return vectors.parameters();
  }

  /** AdamW's first moment, a view. */
  public FlatVector firstMoment() {
    trainable();
    return vectors.firstMoment();
  }

  /** AdamW's second moment, a view. */
  public FlatVector secondMoment() {
    trainable();
    return vectors.secondMoment();
  }

  /** Sets both moments to zero, as at the beginning of a run. */
  public void clearMoments() {
    firstMoment().clear();
    secondMoment().clear();
  }

  private OptimizerState trainable() {
    if (optimizer == null) {
      throw new IllegalStateException("The replica was made without an optimizer");
    }
    return optimizer;
  }

  /** Steps taken so far: the schedule and the correction of the moments' bias go on from here. */
  public long completedSteps() {
    return completedSteps;
  }

  /** Says how many steps the parameters and moments that were written have behind them. */
  public void completedSteps(long steps) {
    completedSteps = steps;
  }

  /**
   * Takes one step. Where the loss or the gradient is not finite the parameters stay as they were;
   * the caller looks at the result.
   *
   * @param tokens [B*T], sequence after sequence
   * @param targets [B*T], the token after each
   */
  public Step train(int[] tokens, int[] targets) {
    AdamW adamW = trainable().adamW();
    checkLength(tokens);
    layer().backward(tokens, targets, batch);
    return step(adamW);
  }

  /**
   * As {@link #train}, to the bit, and measures what {@link #activationHealth} says then.
   *
   * @param tokens [B*T]
   * @param targets [B*T]
   */
  public Step trainWatched(int[] tokens, int[] targets) {
    AdamW adamW = trainable().adamW();
    checkLength(tokens);
    layer().backwardWatched(tokens, targets, batch);
    return step(adamW);
  }

  /** How the batch of {@link #trainWatched} used the activation of each layer. */
  public List<ActivationHealth> activationHealth() {
    return layer().activationHealth();
  }

  private Step step(AdamW adamW) {
    AdamW.Result result = adamW.step(completedSteps);
    completedSteps++;
    return new Step(
        completedSteps,
        layer().crossEntropy(),
        result.gradientNorm(),
        result.learningRate(),
        layer().objective(),
        layer().expertLoads());
  }

  private void checkLength(int[] tokens) {
    if (tokens.length != batch * context) {
      throw new IllegalArgumentException(
          tokens.length + " tokens for a batch of " + batch + " x " + context);
    }
  }

  /**
   * The cross-entropy of every position, natural logarithm. Rows that the caller pads with any
   * token change nothing in the others.
   *
   * @param tokens [B*T]
   * @param targets [B*T]
   * @param into [B*T]
   */
  public void tokenLosses(int[] tokens, int[] targets, double[] into) {
    checkLength(tokens);
    double[] losses = layer().forward(tokens, batch).losses(targets);
    System.arraycopy(losses, 0, into, 0, losses.length);
  }

  /**
   * A forward pass of whole sequences, and shows what it computes.
   *
   * @param tokens [b*T], where b may be less than the replica's B
   */
  public void forwardObserved(int[] tokens, ForwardObserver observer) {
    layer().forwardObserved(tokens, sequences(tokens), observer);
  }

  /** b. */
  private int sequences(int[] tokens) {
    int sequences = tokens.length / context;
    if (sequences < 1 || sequences > batch || sequences * context != tokens.length) {
      throw new IllegalArgumentException(
          tokens.length + " tokens for at most " + batch + " sequences of " + context);
    }
    return sequences;
  }

  /**
   * The cross-entropy of some positions of a batch of any shape, natural logarithm. Memory is taken
   * anew whenever the shape changes; what the sequences are padded with behind their last position
   * changes nothing.
   *
   * @param tokens sequence after sequence, all of one length of at most {@code
   *     max_position_embeddings}
   * @param sequences how many
   * @param positions n places in {@code tokens}
   * @param targets the token after each, [n]
   * @return [n], the caller's own
   */
  public double[] tokenLosses(int[] tokens, int sequences, int[] positions, int[] targets) {
    if (sequences < 1 || tokens.length % sequences != 0 || positions.length != targets.length) {
      throw new IllegalArgumentException(
          String.format(
              "%d tokens in %d sequences, %d positions and %d targets do not fit together",
              tokens.length, sequences, positions.length, targets.length));
    }
    return layer().forward(tokens, sequences).losses(positions, targets);
  }

  /**
   * The scores of all tokens after one position.
   *
   * @param tokens [B*T]
   * @param row b*T + t
   * @return [V], the caller's own
   */
  public float[] logits(int[] tokens, int row) {
    checkLength(tokens);
    double[] logits = layer().forward(tokens, batch).logits(row);
    float[] rounded = new float[logits.length];
    for (int id = 0; id < rounded.length; id++) {
      rounded[id] = (float) logits[id];
    }
    return rounded;
  }

  /** Reads a text token by token with this replica's parameters; the caller closes it first. */
  public TokenDecoder decoder() {
    return decoder(1, config.maxPositionEmbeddings());
  }

  /**
   * As the other, several texts side by side.
   *
   * @param context the most positions of each, at most {@code max_position_embeddings}; the memory
   *     of keys and values is by it
   */
  public TokenDecoder decoder(int sequences, int context) {
    return layer().decoder(sequences, context);
  }

  private CausalLanguageModelLayer layer() {
    return layer(network);
  }

  private static CausalLanguageModelLayer layer(ComputationGraph network) {
    return (CausalLanguageModelLayer) network.getLayer(LanguageModelGraph.LAYER);
  }

  /**
   * The trained numbers of the activations by the parameter's name; empty where activations have
   * none.
   */
  public Map<String, double[]> activationCoefficients() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < config.numHiddenLayers(); i++) {
      MlpActivation activation = Activations.named(config.hiddenAct().get(i));
      for (MlpActivation.Coefficients vector : activation.coefficients()) {
        names.add("model.layers." + i + ".mlp.act_fn." + vector.name());
      }
    }
    return layer().numbers(names);
  }

  /**
   * The DL4J network; the replica owns it. On a device of our own kernels its parameters are not
   * the replica's.
   */
  public ComputationGraph network() {
    return network;
  }

  @Override
  public void close() {
    // Memory of the machine is given back even where a card does not answer any more.
    try (vectors;
        source) {
      layer().release();
      if (optimizer != null) {
        optimizer.kernels().close();
      }
    } finally {
      network.close();
    }
  }
}
