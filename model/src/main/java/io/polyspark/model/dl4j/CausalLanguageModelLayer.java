package io.polyspark.model.dl4j;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.Indices;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.tensor.Precision;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.nd4j.Nd4jTensor;
import io.polyspark.model.transformer.ParameterLayout;
import io.polyspark.model.transformer.Parameters;
import io.polyspark.model.transformer.Transformer;
import java.util.List;
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
 * Runs a {@link Transformer} for DL4J. The transformer's memory is its own, taken once for a (B,
 * T), never part of DL4J's workspaces; it is made anew when a batch of another shape comes.
 */
// "try": a scope out of workspaces is entered and left, never named. "deprecation": DL4J deprecates
// numLabels but asks for it.
@SuppressWarnings({"try", "deprecation"})
final class CausalLanguageModelLayer extends BaseLayer<CausalLanguageModel>
    implements IOutputLayer {
  private static final long serialVersionUID = 1L;

  /** A transformer with the memory of one batch shape and purpose. */
  private record Pass(
      int batch,
      int context,
      MemoryPlan.Purpose purpose,
      Kernels kernels,
      Transformer transformer,
      Indices tokens,
      Indices targets,
      Tensor losses) {
    int rows() {
      return batch * context;
    }
  }

  private INDArray labels;
  private transient Pass pass;
  private transient boolean scored;

  CausalLanguageModelLayer(NeuralNetConfiguration configuration, DataType type) {
    super(configuration, type);
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    assertInputSet(true);
    try (MemoryWorkspace own = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      Pass current = forward(ids(input), shapeOf(input), MemoryPlan.Purpose.TRAINING);
      current.kernels().upload(ids(labels), current.targets());
      gradientsFlattened.assign(0);
      current.transformer().backward(current.tokens(), current.targets(), current.losses());
      score = mean(current);
      scored = true;
    }
    Gradient views = new DefaultGradient(gradientsFlattened);
    gradientViews.forEach(views::setGradientFor);
    return new Pair<>(views, null);
  }

  @Override
  public double computeScore(
      double regularization, boolean training, LayerWorkspaceMgr workspaces) {
    if (!scored) {
      try (MemoryWorkspace own = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
        Pass current = losses();
        score = mean(current);
        scored = true;
      }
    }
    return score + regularization;
  }

  /** The mean cross-entropy of each sequence, [B, 1]. */
  @Override
  public INDArray computeScoreForExamples(double regularization, LayerWorkspaceMgr workspaces) {
    try (MemoryWorkspace own = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      Pass current = losses();
      double[] losses = new double[current.rows()];
      current.kernels().download(current.losses(), losses);
      return Nd4j.createFromArray(losses)
          .reshape('c', current.batch(), current.context())
          .mean(true, 1)
          .addi(regularization)
          .castTo(dataType);
    }
  }

  private Pass losses() {
    Pass current = forward(ids(input), shapeOf(input), MemoryPlan.Purpose.INFERENCE);
    current.kernels().upload(ids(labels), current.targets());
    current.transformer().losses(current.targets(), current.losses());
    return current;
  }

  /**
   * The cross-entropy of every position of a batch.
   *
   * @param tokens [B*T]
   * @param targets [B*T]
   * @param into [B*T]
   */
  void losses(int[] tokens, int[] targets, int batch, double[] into) {
    try (MemoryWorkspace own = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      Pass current =
          forward(tokens, List.of(batch, tokens.length / batch), MemoryPlan.Purpose.INFERENCE);
      current.kernels().upload(targets, current.targets());
      current.transformer().losses(current.targets(), current.losses());
      current.kernels().download(current.losses(), into);
    }
  }

  /** Scores of all tokens, [B*T, V]. */
  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    INDArray logits =
        workspaces.createUninitialized(
            ArrayType.ACTIVATIONS,
            dataType,
            new long[] {input.length(), layerConf().config().vocabSize()},
            'c');
    logits(ids(input), Math.toIntExact(input.size(0)), logits);
    return logits;
  }

  /**
   * @param tokens [B*T]
   * @param logits [B*T, V], row-major
   */
  void logits(int[] tokens, int batch, INDArray logits) {
    try (MemoryWorkspace own = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      forward(tokens, List.of(batch, tokens.length / batch), MemoryPlan.Purpose.INFERENCE)
          .transformer()
          .logits(Nd4jTensor.view(logits, logits.size(0), logits.size(1)));
    }
  }

  private Pass forward(int[] tokens, List<Integer> shape, MemoryPlan.Purpose purpose) {
    Pass current = pass(shape.get(0), shape.get(1), purpose);
    current.kernels().upload(tokens, current.tokens());
    current.transformer().forward(current.tokens());
    return current;
  }

  /** A pass for training serves inference too. */
  private Pass pass(int batch, int context, MemoryPlan.Purpose purpose) {
    if (pass == null
        || pass.batch() != batch
        || pass.context() != context
        || (purpose == MemoryPlan.Purpose.TRAINING && pass.purpose() != purpose)) {
      release();
      pass = create(batch, context, purpose);
    }
    return pass;
  }

  private Pass create(int batch, int context, MemoryPlan.Purpose purpose) {
    ModelConfig config = layerConf().config();
    Kernels kernels =
        KernelsProvider.create(dataType == DataType.DOUBLE ? Precision.FLOAT64 : Precision.FLOAT32);
    ParameterLayout layout = ParameterLayout.of(config);
    Parameters gradients =
        purpose == MemoryPlan.Purpose.TRAINING ? views(layout, gradientsFlattened) : null;
    Transformer transformer =
        new Transformer(
            config,
            kernels,
            MemoryPlan.over(kernels, purpose),
            views(layout, paramsFlattened),
            gradients,
            batch,
            context);
    int rows = Math.multiplyExact(batch, context);
    return new Pass(
        batch,
        context,
        purpose,
        kernels,
        transformer,
        kernels.allocateIndices(rows),
        kernels.allocateIndices(rows),
        kernels.allocate(rows, 1));
  }

  private static Parameters views(ParameterLayout layout, INDArray flat) {
    return Parameters.of(
        layout,
        entry -> {
          INDArray view = LanguageModelParameters.view(flat, entry);
          return Nd4jTensor.view(view, view.size(0), view.size(1));
        });
  }

  private static int[] ids(INDArray tokens) {
    return tokens.reshape(tokens.length()).toIntVector();
  }

  private static List<Integer> shapeOf(INDArray tokens) {
    return List.of(Math.toIntExact(tokens.size(0)), Math.toIntExact(tokens.size(1)));
  }

  /** Summed in float64 in the order of the positions. */
  private static double mean(Pass pass) {
    double[] losses = new double[pass.rows()];
    pass.kernels().download(pass.losses(), losses);
    double sum = 0;
    for (double loss : losses) {
      sum += loss;
    }
    return sum / losses.length;
  }

  /** Frees the memory of the last batch shape. */
  void release() {
    if (pass != null) {
      pass.kernels().close();
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
