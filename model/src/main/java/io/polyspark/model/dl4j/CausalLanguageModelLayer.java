package io.polyspark.model.dl4j;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.model.tensor.KernelsSource;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.tensor.Precision;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.nd4j.Nd4jFlatVector;
import io.polyspark.model.transformer.ActivationHealth;
import io.polyspark.model.transformer.ExpertLoad;
import io.polyspark.model.transformer.ForwardObserver;
import io.polyspark.model.transformer.ParameterLayout;
import io.polyspark.model.transformer.Parameters;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Runs a transformer for DL4J. Its memory is its own, taken once for a (B, T) in a {@link
 * BatchPass}, never part of DL4J's workspaces; it is made anew when a batch of another shape comes.
 */
// "try": a scope out of workspaces is entered and left, never named. "deprecation": DL4J deprecates
// numLabels but asks for it.
@SuppressWarnings({"try", "deprecation"})
final class CausalLanguageModelLayer extends BaseLayer<CausalLanguageModel>
    implements IOutputLayer {
  private static final long serialVersionUID = 1L;

  private INDArray labels;
  private transient UnaryOperator<Kernels> observer = UnaryOperator.identity();
  private transient KernelsSource source;
  private transient FlatVector parameters;
  private transient FlatVector gradients;
  private transient BatchPass pass;
  private transient boolean scored;
  private transient double crossEntropy;

  CausalLanguageModelLayer(NeuralNetConfiguration configuration, DataType type) {
    super(configuration, type);
  }

  /**
   * Puts something between the transformer and its kernels.
   *
   * @param wrap gives kernels that compute by those that it is given, and close them
   */
  void observe(UnaryOperator<Kernels> wrap) {
    observer = wrap;
    release();
  }

  /**
   * Computes by kernels of a source, on vectors that lie where those compute, in place of DL4J's.
   * What DL4J itself asks of the layer is not to be asked of it then.
   *
   * @param ofGradients null for a model that is only read
   */
  void reside(KernelsSource from, FlatVector ofParameters, FlatVector ofGradients) {
    source = from;
    parameters = ofParameters;
    gradients = ofGradients;
    release();
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    assertInputSet(true);
    try (MemoryWorkspace own = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      backward(ids(input), ids(labels), Math.toIntExact(input.size(0)));
    }
    Gradient views = new DefaultGradient(gradientsFlattened);
    gradientViews.forEach(views::setGradientFor);
    return new Pair<>(views, null);
  }

  @Override
  public double computeScore(
      double regularization, boolean training, LayerWorkspaceMgr workspaces) {
    if (!scored) {
      score(losses());
    }
    return score + regularization;
  }

  /** The mean cross-entropy of each sequence, and the whole batch's router losses, [B, 1]. */
  @Override
  public INDArray computeScoreForExamples(double regularization, LayerWorkspaceMgr workspaces) {
    double[] losses = losses();
    int context = Math.toIntExact(input.size(1));
    double added = pass.routerLoss() + regularization;
    double[] means = new double[losses.length / context];
    for (int b = 0; b < means.length; b++) {
      means[b] = mean(Arrays.copyOfRange(losses, b * context, (b + 1) * context)) + added;
    }
    try (MemoryWorkspace own = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      return Nd4j.createFromArray(means).reshape('c', means.length, 1).castTo(dataType);
    }
  }

  /** The score is what is optimised: the mean cross-entropy, and the routers' losses. */
  private void score(double[] losses) {
    crossEntropy = mean(losses);
    score = crossEntropy + pass.routerLoss();
    scored = true;
  }

  /** The mean cross-entropy of the batch that was scored last, in nats. */
  double crossEntropy() {
    return crossEntropy;
  }

  /** What training makes smaller: the cross-entropy plus the routers' losses. */
  double objective() {
    return score;
  }

  /** How the last batch used the experts of each layer; empty for a dense model. */
  List<ExpertLoad> expertLoads() {
    return pass.expertLoads();
  }

  private double[] losses() {
    try (MemoryWorkspace own = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      return forward(ids(input), Math.toIntExact(input.size(0))).losses(ids(labels));
    }
  }

  /** Scores of all tokens, [B*T, V]. */
  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    long vocabulary = layerConf().config().vocabSize();
    INDArray logits =
        workspaces.createUninitialized(
            ArrayType.ACTIVATIONS, dataType, new long[] {input.length(), vocabulary}, 'c');
    try (MemoryWorkspace own = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      forward(ids(input), Math.toIntExact(input.size(0))).logits(new Nd4jFlatVector(logits));
    }
    return logits;
  }

  /**
   * A forward pass without DL4J's inputs and labels.
   *
   * @param tokens [B*T]
   * @return to be asked about this batch until the next one
   */
  BatchPass forward(int[] tokens, int batch) {
    BatchPass current = pass(batch, tokens.length / batch, MemoryPlan.Purpose.INFERENCE);
    current.forward(tokens);
    return current;
  }

  /**
   * As {@link #forward}, and shows what it computes.
   *
   * @param tokens [B*T]
   */
  BatchPass forwardObserved(int[] tokens, int batch, ForwardObserver observer) {
    BatchPass current = pass(batch, tokens.length / batch, MemoryPlan.Purpose.ANALYSIS);
    current.forwardObserved(tokens, observer);
    return current;
  }

  /**
   * A forward and a backward pass without DL4J's inputs and labels: sets the gradients, and what
   * {@link #crossEntropy}, {@link #objective} and {@link #expertLoads} say.
   *
   * @param tokens [B*T]
   * @param targets [B*T]
   */
  void backward(int[] tokens, int[] targets, int batch) {
    BatchPass current = pass(batch, tokens.length / batch, MemoryPlan.Purpose.TRAINING);
    score(current.pass(tokens, targets));
  }

  /** As {@link #backward}, and measures what {@link #activationHealth} says. */
  void backwardWatched(int[] tokens, int[] targets, int batch) {
    BatchPass current = pass(batch, tokens.length / batch, MemoryPlan.Purpose.TRAINING);
    current.forwardWatched(tokens);
    score(current.backward(targets));
  }

  /** How the last watched batch used the activation of each layer. */
  List<ActivationHealth> activationHealth() {
    return pass.activationHealth();
  }

  /**
   * A new decoder of so many sequences, of so many positions at most, with these parameters; the
   * caller closes it.
   */
  TokenDecoder decoder(int sequences, int context) {
    ModelConfig config = layerConf().config();
    Kernels kernels = kernels();
    return new TokenDecoder(
        config,
        kernels,
        views(kernels, ParameterLayout.of(config), parameters()),
        sequences,
        context);
  }

  /**
   * The numbers of some parameters.
   *
   * @param names theirs in a checkpoint
   */
  Map<String, double[]> numbers(List<String> names) {
    Map<String, double[]> numbers = new LinkedHashMap<>();
    try (Kernels kernels = kernels()) {
      Parameters views = views(kernels, ParameterLayout.of(layerConf().config()), parameters());
      for (String name : names) {
        Tensor tensor = views.get(name);
        double[] values = new double[Math.toIntExact(tensor.length())];
        kernels.download(tensor, values);
        numbers.put(name, values);
      }
    }
    return numbers;
  }

  private Kernels kernels() {
    return observer.apply(
        source != null
            ? source.create()
            : KernelsProvider.create(
                dataType == DataType.DOUBLE ? Precision.FLOAT64 : Precision.FLOAT32,
                layerConf().getComputeOptions().dtype()));
  }

  private FlatVector parameters() {
    return parameters != null ? parameters : new Nd4jFlatVector(paramsFlattened);
  }

  private FlatVector gradients() {
    return gradients != null ? gradients : new Nd4jFlatVector(gradientsFlattened);
  }

  private BatchPass pass(int batch, int context, MemoryPlan.Purpose purpose) {
    if (pass == null || !pass.serves(batch, context, purpose)) {
      release();
      ModelConfig config = layerConf().config();
      ParameterLayout layout = ParameterLayout.of(config);
      boolean training = purpose == MemoryPlan.Purpose.TRAINING;
      Kernels kernels = kernels();
      pass =
          new BatchPass(
              config,
              layerConf().getComputeOptions(),
              kernels,
              MemoryPlan.over(kernels, purpose),
              batch,
              context,
              views(kernels, layout, parameters()),
              training ? views(kernels, layout, gradients()) : null);
    }
    return pass;
  }

  private static Parameters views(Kernels kernels, ParameterLayout layout, FlatVector flat) {
    return Parameters.of(
        layout,
        entry -> {
          long rows = entry.shape().size() == 2 ? entry.shape().get(0) : 1;
          return kernels.view(flat, entry.offset(), rows, entry.length() / rows);
        });
  }

  private static int[] ids(INDArray tokens) {
    return tokens.reshape(tokens.length()).toIntVector();
  }

  /** Summed in float64 in the order of the positions. */
  private static double mean(double[] losses) {
    double sum = 0;
    for (double loss : losses) {
      sum += loss;
    }
    return sum / losses.length;
  }

  /** Frees the memory of the last batch shape. */
  void release() {
    if (pass != null) {
      pass.close();
      pass = null;
    }
  }

  @Override
  public void setParamsViewArray(INDArray parameters) {
    super.setParamsViewArray(parameters);
    release();
  }

  @Override
  public void setBackpropGradientsViewArray(INDArray gradients) {
    super.setBackpropGradientsViewArray(gradients);
    release();
  }

  @Override
  public void setInput(INDArray input, LayerWorkspaceMgr workspaces) {
    super.setInput(input, workspaces);
    scored = false;
  }

  @Override
  public void setLabels(INDArray labels) {
    this.labels = labels;
    this.scored = false;
  }

  @Override
  public INDArray getLabels() {
    return labels;
  }

  @Override
  public boolean needsLabels() {
    return true;
  }

  @Override
  public int numLabels() {
    return layerConf().config().vocabSize();
  }

  @Override
  public void clear() {
    super.clear();
    labels = null;
    scored = false;
  }

  @Override
  public boolean isPretrainLayer() {
    return false;
  }

  @Override
  public double f1Score(DataSet data) {
    throw noClassifier();
  }

  @Override
  public double f1Score(INDArray examples, INDArray labels) {
    throw noClassifier();
  }

  @Override
  public int[] predict(INDArray examples) {
    throw noClassifier();
  }

  @Override
  public List<String> predict(DataSet data) {
    throw noClassifier();
  }

  @Override
  public void fit(DataSetIterator iterator) {
    throw noClassifier();
  }

  @Override
  public void fit(INDArray examples, INDArray labels) {
    throw noClassifier();
  }

  @Override
  public void fit(DataSet data) {
    throw noClassifier();
  }

  @Override
  public void fit(INDArray examples, int[] labels) {
    throw noClassifier();
  }

  private static UnsupportedOperationException noClassifier() {
    return new UnsupportedOperationException(
        "A language model is trained through the network that holds it, and scored by its loss");
  }
}
