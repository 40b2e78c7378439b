package io.polyspark.model.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.tensor.Precision;
import io.polyspark.model.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Against the definition: every expert is an {@link Mlp} that computes every row, and most of them
 * are multiplied by zero.
 */
class MixtureOfExpertsTest {
  private static final int ROWS = 11;
  private static final int HIDDEN = 6;
  private static final double TOLERANCE = 1e-11;
  private static final String ROUTER = "model.layers.0.mlp.gate.weight";

  private final Kernels kernels = KernelsProvider.create(Precision.FLOAT64);
  private final Random random = new Random(5);

  @AfterEach
  void free() {
    kernels.close();
  }

  @ParameterizedTest
  @CsvSource({
    "5, 2, polynorm, false",
    "5, 2, polynorm, true",
    "7, 3, swiglu, false",
    "3, 1, gelu, true",
    "4, 4, polynorm, false",
    "1, 1, swiglu, false"
  })
  void equalsItsDefinition(int experts, int perToken, String activation, boolean normalized) {
    ModelConfig config = config(experts, perToken, activation, normalized);
    check(config, random(experts * HIDDEN), random(ROWS * HIDDEN));
  }

  /** All components of x are positive, so that the signs of the router's rows decide. */
  @Test
  void oneExpertReceivesEveryRowAndAnotherNone() {
    ModelConfig config = config(4, 2, "polynorm", false);
    double[] x = random.doubles(ROWS * HIDDEN, 0.5, 1).toArray();
    double[] router = random.doubles(4 * HIDDEN, -0.2, 0.2).toArray();
    for (int i = 0; i < HIDDEN; i++) {
      router[HIDDEN + i] = 1;
      router[3 * HIDDEN + i] = -1;
    }
    ExpertLoad load = check(config, router, x);
    assertThat(load.slots().get(1)).isEqualTo(ROWS);
    assertThat(load.slots().get(3)).isZero();
    assertThat(load.slots().stream().mapToLong(n -> n).sum()).isEqualTo(2 * ROWS);
  }

  @Test
  void anEvenRouterHasALoadBalancingLossOfOneAndAZLossOfTheSquaredLogarithm() {
    ExpertLoad load =
        check(config(4, 1, "relu", false), new double[4 * HIDDEN], random(ROWS * HIDDEN));
    assertThat(load.slots()).containsExactly((long) ROWS, 0L, 0L, 0L);
    assertThat(load.loadBalancingLoss()).isEqualTo(1, within(TOLERANCE));
    assertThat(load.zLoss()).isEqualTo(Math.log(4) * Math.log(4), within(TOLERANCE));
  }

  /** Memory follows K: seven times the experts take no more than their router's numbers. */
  @Test
  void activationsDoNotGrowWithTheNumberOfExperts() {
    long few = elements(config(4, 2, "polynorm", false));
    long many = elements(config(28, 2, "polynorm", false));
    assertThat(many - few).isEqualTo(24L * (2 * ROWS + 1));
  }

  private static long elements(ModelConfig config) {
    MemoryPlan plan = MemoryPlan.counting(MemoryPlan.Purpose.TRAINING);
    try (Kernels kernels = KernelsProvider.create(Precision.FLOAT64)) {
      Parameters none = Parameters.of(ParameterLayout.of(config), entry -> null);
      new MixtureOfExperts(config, kernels, plan, none, none, 0, new Sizes(1, ROWS));
      return plan.elements();
    }
  }

  /** Without losses on the router, whose gradients the model's own checks cover. */
  private static ModelConfig config(
      int experts, int perToken, String activation, boolean normalized) {
    return ModelConfig.fromMap(
        Map.ofEntries(
            Map.entry("vocab_size", 3),
            Map.entry("hidden_size", HIDDEN),
            Map.entry("intermediate_size", 5),
            Map.entry("num_hidden_layers", 1),
            Map.entry("num_attention_heads", 1),
            Map.entry("max_position_embeddings", ROWS),
            Map.entry("hidden_act", activation),
            Map.entry("num_experts", experts),
            Map.entry("num_experts_per_tok", perToken),
            Map.entry("norm_topk_prob", normalized),
            Map.entry("router_aux_loss_coef", 0),
            Map.entry("router_z_loss_coef", 0)),
        "the test");
  }

  private ExpertLoad check(ModelConfig config, double[] router, double[] x) {
    Parameters parameters = parameters(config, true);
    Parameters gradients = parameters(config, false);
    kernels.upload(router, parameters.get(ROUTER));
    Tensor input = tensor(x);
    Tensor dY = tensor(random(ROWS * HIDDEN));
    Tensor y = kernels.allocate(ROWS, HIDDEN);
    Tensor dX = kernels.allocate(ROWS, HIDDEN);
    MixtureOfExperts mixture =
        new MixtureOfExperts(config, kernels, plan(), parameters, gradients, 0, new Sizes(1, ROWS));
    // Twice, because nothing may be left of the batch before.
    mixture.forward(dY, y);
    mixture.backward(dY, dY, dX);
    gradients.layout().entries().forEach(entry -> kernels.fill(gradients.get(entry.name()), 0));
    kernels.fill(y, 0);
    mixture.forward(input, y);
    mixture.backward(input, dY, dX);

    Definition definition = new Definition(config, parameters, router, input, dY);
    assertClose("y", y, definition.y);
    assertClose("dX", dX, definition.dX);
    for (ParameterLayout.Entry entry : gradients.layout().entries()) {
      if (entry.name().contains(".mlp.")) {
        assertClose(
            entry.name(), gradients.get(entry.name()), definition.gradients.get(entry.name()));
      }
    }
    return mixture.expertLoad().orElseThrow();
  }

  /** The mixture by its definition, on the heap where that is plainest. */
  private final class Definition {
    private final Parameters gradients;
    private final Tensor y = kernels.allocate(ROWS, HIDDEN);
    private final Tensor dX = kernels.allocate(ROWS, HIDDEN);

    Definition(
        ModelConfig config, Parameters parameters, double[] router, Tensor input, Tensor dY) {
      this.gradients = parameters(config, false);
      int experts = config.numExperts();
      double[][] p = probabilities(values(input), router, experts);
      double[][] w = weights(p, config);
      double[][] dWeights = new double[ROWS][experts];
      Tensor product = kernels.allocate(ROWS, HIDDEN);
      Tensor sums = kernels.allocate(ROWS, 1);
      for (int e = 0; e < experts; e++) {
        Mlp mlp = expert(config, parameters, e);
        Tensor out = kernels.allocate(ROWS, HIDDEN);
        mlp.forward(input, out);
        kernels.multiply(out, dY, product);
        kernels.sumOverColumns(product, sums);
        Tensor weights = kernels.allocate(ROWS, 1);
        double[] dots = values(sums);
        double[] column = new double[ROWS];
        for (int row = 0; row < ROWS; row++) {
          dWeights[row][e] = dots[row];
          column[row] = w[row][e];
        }
        kernels.upload(column, weights);
        kernels.scaleRows(out, weights, out);
        kernels.addScaled(out, 1, y);
        kernels.scaleRows(dY, weights, product);
        Tensor dInput = kernels.allocate(ROWS, HIDDEN);
        mlp.backward(input, product, dInput);
        kernels.addScaled(dInput, 1, dX);
      }
      throughRouter(p, w, dWeights, router, values(input), config.normTopkProb());
    }

    private Mlp expert(ModelConfig config, Parameters parameters, int e) {
      Map<String, Object> dense = config.toMap();
      dense.put("num_experts", 0);
      dense.put("num_experts_per_tok", 0);
      ModelConfig mlp = ModelConfig.fromMap(dense, "the test");
      return new Mlp(
          mlp,
          kernels,
          plan(),
          ofExpert(mlp, parameters, e),
          ofExpert(mlp, gradients, e),
          0,
          new Sizes(1, ROWS));
    }

    private Parameters ofExpert(ModelConfig mlp, Parameters of, int e) {
      return Parameters.of(
          ParameterLayout.of(mlp),
          entry ->
              of.get(
                  entry.decays()
                      ? entry.name().replace(".mlp.", ".mlp.experts." + e + ".")
                      : entry.name()));
    }

    private void throughRouter(
        double[][] p,
        double[][] w,
        double[][] dWeights,
        double[] router,
        double[] x,
        boolean normalized) {
      double[] dRouter = new double[router.length];
      double[] added = new double[ROWS * HIDDEN];
      for (int row = 0; row < ROWS; row++) {
        double[] dLogits = dLogits(p[row], w[row], dWeights[row], normalized);
        for (int e = 0; e < dLogits.length; e++) {
          for (int i = 0; i < HIDDEN; i++) {
            dRouter[e * HIDDEN + i] += dLogits[e] * x[row * HIDDEN + i];
            added[row * HIDDEN + i] += dLogits[e] * router[e * HIDDEN + i];
          }
        }
      }
      kernels.upload(dRouter, gradients.get(ROUTER));
      kernels.addScaled(tensor(added), 1, dX);
    }
  }

  private static double[][] probabilities(double[] x, double[] router, int experts) {
    double[][] p = new double[ROWS][experts];
    for (int row = 0; row < ROWS; row++) {
      double sum = 0;
      for (int e = 0; e < experts; e++) {
        double logit = 0;
        for (int i = 0; i < HIDDEN; i++) {
          logit += x[row * HIDDEN + i] * router[e * HIDDEN + i];
        }
        p[row][e] = Math.exp(logit);
        sum += p[row][e];
      }
      for (int e = 0; e < experts; e++) {
        p[row][e] /= sum;
      }
    }
    return p;
  }

  private static double[][] weights(double[][] p, ModelConfig config) {
    double[][] w = new double[ROWS][config.numExperts()];
    for (int row = 0; row < ROWS; row++) {
      double[] of = p[row];
      List<Integer> order = new ArrayList<>(IntStream.range(0, of.length).boxed().toList());
      order.sort(Collections.reverseOrder(Comparator.comparingDouble(e -> of[e])));
      List<Integer> chosen = order.subList(0, config.numExpertsPerTok());
      double sum = chosen.stream().mapToDouble(e -> of[e]).sum();
      for (int e : chosen) {
        w[row][e] = config.normTopkProb() ? of[e] / sum : of[e];
      }
    }
    return w;
  }

  private static double[] dLogits(double[] p, double[] w, double[] dW, boolean normalized) {
    double sum = 0;
    double inner = 0;
    for (int e = 0; e < p.length; e++) {
      sum += w[e] > 0 ? p[e] : 0;
      inner += w[e] * dW[e];
    }
    double[] dP = new double[p.length];
    double mean = 0;
    for (int e = 0; e < p.length; e++) {
      if (w[e] > 0) {
        dP[e] = normalized ? (dW[e] - inner) / sum : dW[e];
      }
      mean += p[e] * dP[e];
    }
    for (int e = 0; e < p.length; e++) {
      dP[e] = p[e] * (dP[e] - mean);
    }
    return dP;
  }

  private Parameters parameters(ModelConfig config, boolean filled) {
    return Parameters.of(
        ParameterLayout.of(config),
        entry -> {
          long rows = entry.decays() ? entry.shape().get(0) : 1;
          Tensor tensor = kernels.allocate(rows, entry.length() / rows);
          if (filled) {
            kernels.upload(random(Math.toIntExact(entry.length())), tensor);
          }
          return tensor;
        });
  }

  private MemoryPlan plan() {
    return MemoryPlan.over(kernels, MemoryPlan.Purpose.TRAINING);
  }

  private double[] random(int count) {
    return random.doubles(count, -1, 1).toArray();
  }

  private Tensor tensor(double[] values) {
    Tensor tensor = kernels.allocate(ROWS, HIDDEN);
    kernels.upload(values, tensor);
    return tensor;
  }

  private double[] values(Tensor tensor) {
    double[] values = new double[Math.toIntExact(tensor.length())];
    kernels.download(tensor, values);
    return values;
  }

  private void assertClose(String name, Tensor found, Tensor expected) {
    assertThat(values(found)).as(name).containsExactly(values(expected), within(TOLERANCE));
  }
}
