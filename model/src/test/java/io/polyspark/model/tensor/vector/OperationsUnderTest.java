package io.polyspark.model.tensor.vector;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.Activations;
import io.polyspark.model.activation.ElementActivation;
import io.polyspark.model.activation.GateActivation;
import io.polyspark.model.activation.MlpActivation;
import io.polyspark.model.tensor.AdamWStep;
import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.Indices;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Routing;
import io.polyspark.model.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Every operation of {@link Kernels} on numbers that only the seed and the sizes decide, so that
 * implementations can be held against each other. What comes out is by name.
 */
final class OperationsUnderTest {
  private final Kernels kernels;
  private final double scale;
  private final Random random = new Random(17);
  private final Map<String, double[]> results = new LinkedHashMap<>();

  private OperationsUnderTest(Kernels kernels, double scale) {
    this.kernels = kernels;
    this.scale = scale;
  }

  /**
   * Runs everything on matrices [rows, columns].
   *
   * @param scale the standard deviation of most inputs; every third row is zero
   */
  static Map<String, double[]> run(Kernels kernels, int rows, int columns, double scale) {
    OperationsUnderTest operations = new OperationsUnderTest(kernels, scale);
    operations.elementwise(rows, columns);
    operations.products(rows, columns);
    operations.norms(rows, columns);
    operations.embedding(rows, columns);
    Activations.names().forEach(name -> operations.activation(name, rows, columns));
    operations.crossEntropy(rows, columns);
    operations.adamW(rows, columns);
    operations.router(rows, columns);
    return operations.results;
  }

  /** Runs rotary positions and attention. */
  static Map<String, double[]> attention(Kernels kernels, AttentionShape shape, double scale) {
    OperationsUnderTest operations = new OperationsUnderTest(kernels, scale);
    operations.attention(shape);
    return operations.results;
  }

  private void elementwise(int rows, int columns) {
    Tensor a = normal(rows, columns);
    Tensor b = normal(rows, columns);
    Tensor perRow = uniform(rows, 1);
    Tensor perColumn = uniform(1, columns);
    Tensor out = kernels.allocate(rows, columns);
    kernels.copy(a, out);
    keep("copy", out);
    kernels.fill(out, 0.5);
    keep("fill", out);
    kernels.multiply(a, b, out);
    keep("multiply", out);
    kernels.addScaled(a, 0.25, out);
    keep("addScaled", out);
    kernels.scaleAndShift(a, -1.5, 0.75, out);
    keep("scaleAndShift", out);
    kernels.scaleRows(a, perRow, out);
    keep("scaleRows", out);
    kernels.shiftRows(perRow, out);
    keep("shiftRows", out);
    kernels.scaleColumns(a, perColumn, out);
    keep("scaleColumns", out);
    Tensor sums = kernels.allocate(rows, 1);
    kernels.sumOverColumns(a, sums);
    keep("sumOverColumns", sums);
    kernels.sumOverRows(a, perColumn, Into.ADD);
    keep("sumOverRows, added", perColumn);
    kernels.sumOverRows(a, perColumn, Into.OVERWRITE);
    keep("sumOverRows", perColumn);
    results.put("dot", new double[] {kernels.dot(a, a)});
    results.put("sum", new double[] {kernels.sum(b)});
    Tensor positive = uniform(rows, columns);
    kernels.inverseSquareRoot(positive, 0.5, 1e-3, out);
    keep("inverseSquareRoot", out);
    kernels.relu(a, out);
    keep("relu", out);
    kernels.positive(a, out);
    keep("positive", out);
    kernels.sigmoid(a, out);
    keep("sigmoid", out);
    kernels.erf(a, out);
    keep("erf", out);
    Tensor small = uniform(rows, columns);
    kernels.exp(small, small);
    keep("exp, in place", small);
  }

  private void products(int rows, int columns) {
    int width = 2 * columns + 1;
    Tensor x = normal(rows, columns);
    Tensor weight = uniform(width, columns);
    Tensor y = normal(rows, width);
    kernels.linear(x, weight, y, Into.ADD);
    keep("linear, added", y);
    kernels.linear(x, weight, y, Into.OVERWRITE);
    keep("linear", y);
    Tensor dX = normal(rows, columns);
    kernels.linearInputGradient(y, weight, dX, Into.ADD);
    keep("linearInputGradient, added", dX);
    kernels.linearInputGradient(y, weight, dX, Into.OVERWRITE);
    keep("linearInputGradient", dX);
    kernels.linearWeightGradient(y, x, weight);
    keep("linearWeightGradient", weight);
    if (rows > 2) {
      kernels.linear(
          kernels.rows(x, 1, rows - 1), weight, kernels.rows(y, 1, rows - 1), Into.OVERWRITE);
      keep("linear on a view of rows", y);
    }
  }

  private void norms(int rows, int columns) {
    Tensor x = normal(rows, columns);
    Tensor weight = uniform(1, columns);
    Tensor inverseRms = kernels.allocate(rows, 1);
    Tensor y = kernels.allocate(rows, columns);
    kernels.rmsNorm(x, weight, 1e-5, inverseRms, y);
    keep("rmsNorm", y);
    keep("rmsNorm.inverseRms", inverseRms);
    Tensor dY = uniform(rows, columns);
    Tensor dX = uniform(rows, columns);
    Tensor dWeight = uniform(1, columns);
    kernels.rmsNormGradient(dY, x, weight, inverseRms, dX, Into.ADD, dWeight);
    keep("rmsNormGradient, added", dX);
    keep("rmsNormGradient.dWeight", dWeight);
    kernels.rmsNormGradient(dY, x, weight, inverseRms, dY, Into.OVERWRITE, dWeight);
    keep("rmsNormGradient, in place", dY);
  }

  private void embedding(int rows, int columns) {
    Tensor table = normal(7, columns);
    Indices ids = indices(rows, 7);
    Tensor out = kernels.allocate(rows, columns);
    kernels.gatherRows(table, ids, out);
    keep("gatherRows", out);
    kernels.scatterAddRows(out, ids, table);
    keep("scatterAddRows", table);
  }

  private void activation(String name, int rows, int columns) {
    Tensor x = normal(rows, columns);
    Tensor gate = normal(rows, columns);
    Tensor dY = uniform(rows, columns);
    Tensor y = kernels.allocate(rows, columns);
    Tensor dX = kernels.allocate(rows, columns);
    Tensor dGate = kernels.allocate(rows, columns);
    MlpActivation plain = Activations.named(name);
    for (boolean fused : new boolean[] {false, true}) {
      MlpActivation activation = fused ? kernels.fused(plain) : plain;
      ActivationMemory memory =
          new ActivationMemory(
              columns(rows, activation), kernels.allocate(rows, columns),
              kernels.allocate(rows, columns), columns(rows, activation));
      String as = name + (fused ? ", fused" : "");
      if (activation instanceof GateActivation gated) {
        gated.forward(kernels, gate, x, memory, y);
        gated.backward(kernels, gate, x, memory, dY, dGate, dX);
        keep(as + ".dGate", dGate);
      } else {
        double[] coefficients = {0.5, -0.25, 0.75, 0.125};
        double[] dCoefficients = new double[4];
        ElementActivation element = (ElementActivation) activation;
        element.forward(kernels, x, coefficients, memory, y);
        element.backward(kernels, x, coefficients, memory, dY, dX, dCoefficients);
        if (!activation.coefficients().isEmpty()) {
          for (int i = 0; i < 4; i++) {
            results.put(as + ".dCoefficients " + i, new double[] {dCoefficients[i]});
          }
        }
      }
      keep(as, y);
      keep(as + ".dX", dX);
    }
  }

  private List<Tensor> columns(int rows, MlpActivation activation) {
    return Stream.generate(() -> kernels.allocate(rows, 1)).limit(activation.keptPerRow()).toList();
  }

  private void crossEntropy(int rows, int columns) {
    int vocabulary = 2 * columns + 3;
    Tensor x = normal(rows, columns);
    Tensor weight = uniform(vocabulary, columns);
    Indices targets = indices(rows, vocabulary);
    Tensor losses = kernels.allocate(rows, 1);
    Tensor dX = kernels.allocate(rows, columns);
    Tensor dWeight = uniform(vocabulary, columns);
    kernels.crossEntropy(x, weight, targets, losses);
    keep("crossEntropy", losses);
    kernels.crossEntropyWithGradient(x, weight, targets, losses, dX, dWeight);
    keep("crossEntropyWithGradient", losses);
    keep("crossEntropyWithGradient.dX", dX);
    keep("crossEntropyWithGradient.dWeight", dWeight);
  }

  private void adamW(int rows, int columns) {
    Tensor p = normal(rows, columns);
    Tensor m = uniform(rows, columns);
    Tensor v = uniform(rows, columns);
    for (int step = 3; step < 5; step++) {
      AdamWStep with = new AdamWStep(0.5, 0.99, 1e-2, 0.9, 0.95, 1e-8, step);
      kernels.adamW(p, uniform(rows, columns), m, v, with);
    }
    keep("adamW", p);
    keep("adamW.m", m);
    keep("adamW.v", v);
  }

  private void router(int rows, int columns) {
    int experts = columns + 2;
    for (Routing.Weights kind : Routing.Weights.values()) {
      Routing routing = new Routing(rows, experts, 2, kind);
      // Exact in both precisions, and no two alike, so that all choose the same experts.
      Tensor logits = kernels.allocate(rows, experts);
      double[] values = new double[rows * experts];
      for (int i = 0; i < values.length; i++) {
        values[i] = (i * 7919 % 4096) / 1024.0;
      }
      kernels.upload(values, logits);
      Tensor probabilities = kernels.allocate(rows, experts);
      Tensor logSumExp = kernels.allocate(rows, 1);
      Tensor weights = kernels.allocate(routing.slots(), 1);
      Tensor dWeights = uniform(routing.slots(), 1);
      double[] dProbability = IntStream.range(0, experts).mapToDouble(e -> 0.1 * e).toArray();
      kernels.route(logits, routing, probabilities, logSumExp, weights);
      kernels.routeGradient(
          probabilities, logSumExp, routing, dWeights, dProbability, 0.01, logits);
      keep("route " + kind, weights);
      keep("route.probabilities " + kind, probabilities);
      keep("route.logSumExp " + kind, logSumExp);
      keep("routeGradient " + kind, logits);
    }
  }

  private void attention(AttentionShape shape) {
    int rows = shape.sequences() * shape.positions();
    int width = shape.heads() * shape.headSize();
    int keyWidth = shape.keyValueHeads() * shape.headSize();
    Tensor q = normal(rows, width);
    Tensor k = normal(rows, keyWidth);
    Tensor v = normal(rows, keyWidth);
    kernels.rotary(q, shape.positions(), shape.headSize(), 10000);
    keep("rotary", q);
    int keptPerRow = kernels.attentionKeptPerRow(shape);
    Tensor kept = keptPerRow > 0 ? kernels.allocate(rows, keptPerRow) : null;
    Tensor out = kernels.allocate(rows, width);
    kernels.attention(q, k, v, shape, kept, out);
    keep("attention", out);
    Tensor dQ = kernels.allocate(rows, width);
    Tensor dK = uniform(rows, keyWidth);
    Tensor dV = uniform(rows, keyWidth);
    Tensor dOut = uniform(rows, width);
    kernels.attentionGradient(q, k, v, out, dOut, shape, kept, dQ, dK, dV);
    keep("attentionGradient.dQ", dQ);
    keep("attentionGradient.dK", dK);
    keep("attentionGradient.dV", dV);
    kernels.rotaryGradient(dQ, shape.positions(), shape.headSize(), 10000);
    keep("rotaryGradient", dQ);
  }

  /** Every third row is zero; values are exact in float32. */
  private Tensor normal(int rows, int columns) {
    double[] values = new double[rows * columns];
    for (int i = 0; i < values.length; i++) {
      boolean zero = i / columns % 3 == 2;
      values[i] = zero ? 0 : (float) (scale * random.nextGaussian());
    }
    return upload(values, rows, columns);
  }

  private Tensor uniform(int rows, int columns) {
    double[] values = new double[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    return upload(values, rows, columns);
  }

  private Tensor upload(double[] values, int rows, int columns) {
    Tensor tensor = kernels.allocate(rows, columns);
    kernels.upload(values, tensor);
    return tensor;
  }

  private Indices indices(int count, int below) {
    Indices indices = kernels.allocateIndices(count);
    kernels.upload(random.ints(count, 0, below).toArray(), indices);
    return indices;
  }

  private void keep(String name, Tensor tensor) {
    double[] values = new double[Math.toIntExact(tensor.length())];
    kernels.download(tensor, values);
    results.put(name, values);
  }
}
