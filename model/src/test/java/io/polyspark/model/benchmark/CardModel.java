package io.polyspark.model.benchmark;

import io.polyspark.model.activation.Activations;
import io.polyspark.model.activation.MlpActivation;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.optimize.AdamW;
import io.polyspark.model.optimize.AdamWConfig;
import io.polyspark.model.optimize.LearningRate;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.model.tensor.Indices;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.KernelsSource;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.cuda.CudaCardKernels;
import io.polyspark.model.transformer.ParameterLayout;
import io.polyspark.model.transformer.Parameters;
import io.polyspark.model.transformer.Recompute;
import io.polyspark.model.transformer.Transformer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A model in training on a card, its passes and its optimizer called as a replica calls them. ND4J
 * is not needed, so that a machine with a card needs none of its libraries. Letters: B sequences of
 * T tokens, N = B*T rows.
 */
final class CardModel implements AutoCloseable {
  /** That of the PolyCom paper's dense model, arXiv 2411.03884; the schedule is not reached. */
  private static final AdamWConfig OPTIMIZER =
      new AdamWConfig(3e-4, 3e-5, 100, 0.9, 0.95, 1e-8, 0.1, 1);

  private static final long SCHEDULE = 100_000;

  /** How many normal numbers there are; parameters are pieces of them, one after the other. */
  private static final int NORMAL_NUMBERS = 1 << 22;

  private final ModelConfig config;
  private final ParameterLayout layout;
  private final KernelsSource source;
  private final Kernels kernels;
  private final Random random = new Random(1);
  private final OperationTimes times = new OperationTimes(this::settle);
  private final FlatVector parameters;
  private final Parameters gradients;
  private final Transformer transformer;
  private final AdamW adamW;
  private final Indices tokens;
  private final Indices targets;
  private final Tensor losses;
  private boolean oneByOne;
  private long completedSteps;

  /**
   * A model with random parameters and one random batch.
   *
   * @param batch B
   * @param context T
   * @throws io.polyspark.model.config.UserError if the card has too little memory; the part that
   *     was taken is given back
   */
  CardModel(ModelConfig config, Dtype dtype, Recompute recompute, int batch, int context) {
    this.config = config;
    this.layout = ParameterLayout.of(config);
    this.source = new CudaCardKernels().source(dtype);
    this.kernels = source.create();
    try {
      Kernels observed = times.over(kernels);
      this.parameters = vector();
      FlatVector ofGradients = vector();
      this.gradients = views(ofGradients);
      this.adamW = adamW(observed, ofGradients);
      MemoryPlan plan = MemoryPlan.over(observed, MemoryPlan.Purpose.TRAINING);
      this.transformer =
          new Transformer(
              config, observed, plan, recompute, views(parameters), gradients, batch, context);
      int rows = batch * context;
      this.tokens = plan.indices("tokens", rows);
      this.targets = plan.indices("targets", rows);
      this.losses = plan.shared("losses", rows, 1);
      initialize();
      upload(tokens);
      upload(targets);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * One step: the pass, replayed from the third on, and AdamW.
   *
   * @return the mean cross-entropy before the step, natural logarithm
   */
  double step() {
    kernels.repeat(this, this::pass);
    return finishStep();
  }

  /**
   * As {@link #step}, launched operation by operation.
   *
   * @return seconds by the operation's name, each waited for
   */
  Map<String, Double> stepOneByOne() {
    times.reset();
    oneByOne = true;
    try {
      // A sequence that is new is not replayed.
      kernels.repeat(new Object(), this::pass);
      finishStep();
      return times.seconds();
    } finally {
      oneByOne = false;
    }
  }

  private void pass() {
    transformer.forward(tokens);
    gradients.forEach(gradient -> kernels.fill(gradient, 0));
    transformer.backward(tokens, targets, losses);
  }

  private double finishStep() {
    adamW.step(completedSteps);
    completedSteps++;
    double[] each = new double[Math.toIntExact(losses.length())];
    kernels.download(losses, each);
    return Arrays.stream(each).average().orElseThrow() + transformer.routerLoss();
  }

  private void settle() {
    if (oneByOne) {
      kernels.await();
    }
  }

  private FlatVector vector() {
    return source.vector(layout.length()).orElseThrow();
  }

  private Parameters views(FlatVector flat) {
    return Parameters.of(
        layout,
        entry -> {
          long rows = entry.shape().size() == 2 ? entry.shape().get(0) : 1;
          return kernels.view(flat, entry.offset(), rows, entry.length() / rows);
        });
  }

  private AdamW adamW(Kernels observed, FlatVector ofGradients) {
    FlatVector m = vector();
    FlatVector v = vector();
    List<AdamW.Stretch> stretches = new ArrayList<>();
    for (ParameterLayout.Entry entry : layout.entries()) {
      stretches.add(
          new AdamW.Stretch(
              kernels.view(parameters, entry.offset(), 1, entry.length()),
              kernels.view(ofGradients, entry.offset(), 1, entry.length()),
              kernels.view(m, entry.offset(), 1, entry.length()),
              kernels.view(v, entry.offset(), 1, entry.length()),
              entry.decays() ? AdamW.Decay.APPLIES : AdamW.Decay.NONE));
    }
    return new AdamW(observed, OPTIMIZER, LearningRate.of(OPTIMIZER, SCHEDULE), stretches);
  }

  /** As the model says, but for numbers that come back: drawing billions would take minutes. */
  private void initialize() {
    float[] normal = new float[NORMAL_NUMBERS];
    for (int i = 0; i < normal.length; i++) {
      normal[i] = (float) (config.initializerRange() * random.nextGaussian());
    }
    for (ParameterLayout.Entry entry : layout.entries()) {
      if (entry.decays()) {
        for (long at = 0; at < entry.length(); at += normal.length) {
          int count = (int) Math.min(normal.length, entry.length() - at);
          int from = random.nextInt(normal.length - count + 1);
          parameters.write(entry.offset() + at, normal, from, count);
        }
      } else {
        float[] values = constants(entry);
        parameters.write(entry.offset(), values, 0, values.length);
      }
    }
  }

  /** An activation's coefficients, else the ones of a norm. */
  private float[] constants(ParameterLayout.Entry entry) {
    float[] values = new float[Math.toIntExact(entry.length())];
    Arrays.fill(values, 1);
    for (MlpActivation.Coefficients vector :
        Activations.named(config.hiddenAct().get(0)).coefficients()) {
      if (entry.isActivationCoefficients() && entry.name().endsWith("." + vector.name())) {
        for (int i = 0; i < values.length; i++) {
          values[i] = vector.initial().get(i).floatValue();
        }
      }
    }
    return values;
  }

  private void upload(Indices ids) {
    kernels.upload(random.ints(ids.length(), 0, config.vocabSize()).toArray(), ids);
  }

  @Override
  public void close() {
    kernels.close();
    source.close();
  }
}
