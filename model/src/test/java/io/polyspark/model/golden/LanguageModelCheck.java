package io.polyspark.model.golden;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.dl4j.ComputeOptions;
import io.polyspark.model.dl4j.Replica;
import io.polyspark.model.golden.GoldenCasesTest.Tolerance;
import io.polyspark.model.optimize.AdamWConfig;
import io.polyspark.model.transformer.ParameterLayout;
import java.io.IOException;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** A whole model through its public training path, a {@link Replica}. */
final class LanguageModelCheck {
  private final GoldenCase golden;
  private final Tolerance tolerance;
  private final ComputeOptions options;
  private final ModelConfig config;
  private final NpyArray tokens;
  private final NpyArray targets;

  private LanguageModelCheck(GoldenCase golden, Tolerance tolerance, ComputeOptions options)
      throws IOException {
    this.golden = golden;
    this.tolerance = tolerance;
    this.options = options;
    this.tokens = golden.array("ids");
    this.targets = golden.array("targets");
    this.config = golden.modelConfig();
  }

  /** Logits of every position, the mean cross-entropy. */
  static void forward(GoldenCase golden, Tolerance tolerance) throws IOException {
    new LanguageModelCheck(golden, tolerance, ComputeOptions.DEFAULT).checkForward();
  }

  /** The gradient of every parameter. */
  static void backward(GoldenCase golden, Tolerance tolerance, ComputeOptions options)
      throws IOException {
    new LanguageModelCheck(golden, tolerance, options).checkBackward();
  }

  /** Losses, gradient norms and parameters along three steps of AdamW. */
  static void threeSteps(GoldenCase golden, Tolerance tolerance, ComputeOptions options)
      throws IOException {
    new LanguageModelCheck(golden, tolerance, options).checkThreeSteps();
  }

  private void checkForward() throws IOException {
    try (Replica replica = replica()) {
      INDArray logits = replica.network().outputSingle(matrix(tokens));
      golden.assertClose("logits", values(logits), tolerance.ofValues());
      golden.assertClose("ce", new double[] {meanLoss(replica)}, tolerance.ofValues());
    }
  }

  private void checkBackward() throws IOException {
    try (Replica replica = replica()) {
      ComputationGraph network = replica.network();
      golden.assertClose("loss", new double[] {score(replica)}, tolerance.ofValues());
      network.setInputs(matrix(tokens));
      network.setLabels(matrix(targets));
      network.computeGradientAndScore();
      golden.assertClose("loss", new double[] {network.score()}, tolerance.ofValues());
      checkParameters("grad.", network.getFlattenedGradients(), tolerance.ofValues());
    }
  }

  private void checkThreeSteps() throws IOException {
    int steps = golden.description().at("/adamw/steps").asInt();
    double[] losses = new double[steps + 1];
    double[] gradientNorms = new double[steps];
    try (Replica replica = replica()) {
      for (int i = 0; i < steps; i++) {
        Replica.Step step = replica.train(tokens.ids(), targets.ids());
        losses[i] = step.objective();
        gradientNorms[i] = step.gradientNorm();
      }
      losses[steps] = score(replica);
      golden.assertClose("adamw.losses", losses, tolerance.ofValues());
      golden.assertClose("adamw.grad_norms", gradientNorms, tolerance.ofValues());
      checkParameters("adamw.param.", replica.network().params(), tolerance.ofValues());
    }
  }

  /** The optimizer of the case at a rate that stays, the parameters of the case. */
  private Replica replica() throws IOException {
    double rate = adamW("lr");
    AdamWConfig optimizer =
        new AdamWConfig(
            rate,
            rate,
            0,
            adamW("beta1"),
            adamW("beta2"),
            adamW("eps"),
            adamW("weight_decay_matrices"),
            adamW("clip_global_norm"));
    Replica replica =
        Replica.create(
            config,
            tokens.rows(),
            tokens.columns(),
            optimizer,
            golden.description().at("/adamw/steps").asInt(),
            options,
            tolerance.precision());
    INDArray parameters = flat(replica.network().params());
    for (ParameterLayout.Entry entry : ParameterLayout.of(config).entries()) {
      double[] values = golden.array("param." + entry.name()).values();
      view(parameters, entry).assign(Nd4j.createFromArray(values));
    }
    return replica;
  }

  private double adamW(String key) {
    return golden.description().at("/adamw/" + key).asDouble();
  }

  private double meanLoss(Replica replica) {
    double[] losses = new double[tokens.values().length];
    replica.tokenLosses(tokens.ids(), targets.ids(), losses);
    double sum = 0;
    for (double loss : losses) {
      sum += loss;
    }
    return sum / losses.length;
  }

  /** What is optimised, by a forward pass alone. */
  private double score(Replica replica) {
    return replica.network().score(new MultiDataSet(matrix(tokens), matrix(targets)), false);
  }

  private void checkParameters(String prefix, INDArray vector, double allowed) throws IOException {
    INDArray flat = flat(vector);
    for (ParameterLayout.Entry entry : ParameterLayout.of(config).entries()) {
      golden.assertClose(prefix + entry.name(), values(view(flat, entry)), allowed);
    }
  }

  private static INDArray matrix(NpyArray ids) {
    return Nd4j.createFromArray(ids.ids()).reshape('c', ids.rows(), ids.columns());
  }

  private static INDArray flat(INDArray vector) {
    return vector.reshape(vector.length());
  }

  private static INDArray view(INDArray flat, ParameterLayout.Entry entry) {
    return flat.get(NDArrayIndex.interval(entry.offset(), entry.offset() + entry.length()));
  }

  private static double[] values(INDArray array) {
    return array.dup('c').data().asDouble();
  }
}
