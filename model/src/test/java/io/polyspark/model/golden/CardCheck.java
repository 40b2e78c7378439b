package io.polyspark.model.golden;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A whole model on a card, its transformer and optimizer called as a replica calls them: ND4J is
 * not needed, so that a machine with a card needs none of its libraries.
 */
final class CardCheck implements AutoCloseable {
  private final GoldenCase golden;
  private final Dtype dtype;
  private final double tolerance;
  private final ModelConfig config;
  private final ParameterLayout layout;
  private final KernelsSource source;
  private final Kernels kernels;
  private final FlatVector parameters;
  private final FlatVector gradients;
  private final Parameters gradientViews;
  private final Transformer transformer;
  private final AdamW adamW;
  private final NpyArray ids;
  private final Indices tokens;
  private final Indices targets;
  private final Tensor losses;

  private CardCheck(GoldenCase golden, Dtype dtype, double tolerance, Recompute recompute)
      throws IOException {
    this.golden = golden;
    this.dtype = dtype;
    this.tolerance = tolerance;
    this.config = golden.modelConfig();
    this.layout = ParameterLayout.of(config);
    this.source = new CudaCardKernels().source(dtype);
    this.kernels = source.create();
    this.parameters = vector();
    this.gradients = vector();
    FlatVector m = vector();
    FlatVector v = vector();
    this.gradientViews = views(gradients);
    this.ids = golden.array("ids");
    MemoryPlan plan = MemoryPlan.over(kernels, MemoryPlan.Purpose.TRAINING);
    this.transformer =
        new Transformer(
            config,
            kernels,
            plan,
            recompute,
            views(parameters),
            gradientViews,
            ids.rows(),
            ids.columns());
    int rows = ids.values().length;
    this.tokens = plan.indices("tokens", rows);
    this.targets = plan.indices("targets", rows);
    this.losses = plan.shared("losses", rows, 1);
    this.adamW = adamW(m, v);
    for (ParameterLayout.Entry entry : layout.entries()) {
      float[] values = floats(golden.array("param." + entry.name()).values());
      parameters.write(entry.offset(), values, 0, values.length);
    }
  }

  /**
   * Loss, gradients, and three steps of AdamW, of which the later are replayed.
   *
   * @param tolerance relative to the largest value of a tensor
   */
  static void run(GoldenCase golden, Dtype dtype, double tolerance, Recompute recompute)
      throws IOException {
    try (CardCheck check = new CardCheck(golden, dtype, tolerance, recompute)) {
      check.pass();
      golden.assertClose("loss", new double[] {check.objective()}, tolerance);
      check.checkParameters("grad.", check.gradients);
      check.threeSteps();
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

  private AdamW adamW(FlatVector m, FlatVector v) {
    double rate = number("lr");
    AdamWConfig optimizer =
        new AdamWConfig(
            rate,
            rate,
            0,
            number("beta1"),
            number("beta2"),
            number("eps"),
            number("weight_decay_matrices"),
            number("clip_global_norm"));
    List<AdamW.Stretch> stretches = new ArrayList<>();
    for (ParameterLayout.Entry entry : layout.entries()) {
      stretches.add(
          new AdamW.Stretch(
              kernels.view(parameters, entry.offset(), 1, entry.length()),
              kernels.view(gradients, entry.offset(), 1, entry.length()),
              kernels.view(m, entry.offset(), 1, entry.length()),
              kernels.view(v, entry.offset(), 1, entry.length()),
              entry.decays() ? AdamW.Decay.APPLIES : AdamW.Decay.NONE));
    }
    return new AdamW(kernels, optimizer, LearningRate.of(optimizer, 3), stretches);
  }

  private double number(String key) {
    return golden.description().at("/adamw/" + key).asDouble();
  }

  private void pass() throws IOException {
    kernels.upload(ids.ids(), tokens);
    kernels.upload(golden.array("targets").ids(), targets);
    kernels.repeat(
        this,
        () -> {
          transformer.forward(tokens);
          gradientViews.forEach(gradient -> kernels.fill(gradient, 0));
          transformer.backward(tokens, targets, losses);
        });
  }

  /** The mean cross-entropy and the routers' losses. */
  private double objective() {
    double[] each = new double[Math.toIntExact(losses.length())];
    kernels.download(losses, each);
    return Arrays.stream(each).average().orElseThrow() + transformer.routerLoss();
  }

  private void threeSteps() throws IOException {
    int steps = golden.description().at("/adamw/steps").asInt();
    double[] objectives = new double[steps + 1];
    double[] norms = new double[steps];
    for (int step = 0; step < steps; step++) {
      pass();
      objectives[step] = objective();
      norms[step] = adamW.step(step).gradientNorm();
    }
    pass();
    objectives[steps] = objective();
    golden.assertClose("adamw.losses", objectives, tolerance);
    // A step of AdamW is by the signs of gradients at first, so that norms after it move more.
    golden.assertClose("adamw.grad_norms", norms, dtype == Dtype.BF16 ? 2 * tolerance : tolerance);
    checkParameters("adamw.param.", parameters);
  }

  /**
   * Holds every tensor of a vector against the case's in float32. In bfloat16 a number near zero is
   * what is left of rounded ones, whatever computes it, so the vector is held as one: the length of
   * the difference over its length.
   */
  private void checkParameters(String prefix, FlatVector vector) throws IOException {
    double difference = 0;
    double length = 0;
    for (ParameterLayout.Entry entry : layout.entries()) {
      double[] found = read(vector, entry);
      if (dtype == Dtype.FLOAT32) {
        golden.assertClose(prefix + entry.name(), found, tolerance);
      }
      double[] expected = golden.array(prefix + entry.name()).values();
      for (int i = 0; i < found.length; i++) {
        difference += Math.pow(found[i] - expected[i], 2);
        length += Math.pow(expected[i], 2);
      }
    }
    assertThat(Math.sqrt(difference / length)).as(prefix).isLessThanOrEqualTo(tolerance);
  }

  private static double[] read(FlatVector vector, ParameterLayout.Entry entry) {
    float[] values = new float[Math.toIntExact(entry.length())];
    vector.read(entry.offset(), values, 0, values.length);
    double[] read = new double[values.length];
    for (int i = 0; i < read.length; i++) {
      read[i] = values[i];
    }
    return read;
  }

  private static float[] floats(double[] values) {
    float[] rounded = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      rounded[i] = (float) values[i];
    }
    return rounded;
  }

  @Override
  public void close() {
    kernels.close();
    source.close();
  }
}
