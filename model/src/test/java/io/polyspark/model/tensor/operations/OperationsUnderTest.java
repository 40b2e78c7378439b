package io.polyspark.model.tensor.operations;

import io.polyspark.model.tensor.AdamWStep;
import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.Indices;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Routing;
import io.polyspark.model.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Every operation of {@link Kernels}; what comes out is by name. */
public final class OperationsUnderTest {
  private final InputsAndResults data;
  private final Kernels kernels;

  private OperationsUnderTest(InputsAndResults data) {
    this.data = data;
    this.kernels = data.kernels();
  }

  /**
   * Runs everything but attention on matrices [rows, columns].
   *
   * @param scale the standard deviation of most inputs; every third row is zero
   */
  public static Map<String, double[]> run(Kernels kernels, int rows, int columns, double scale) {
    InputsAndResults data = new InputsAndResults(kernels, scale);
    new ElementwiseUnderTest(data, rows, columns).run();
    new ActivationsUnderTest(data, rows, columns).run();
    OperationsUnderTest operations = new OperationsUnderTest(data);
    operations.products(rows, columns);
    operations.norms(rows, columns);
    operations.embedding(rows, columns);
    operations.crossEntropy(rows, columns, 2 * columns + 3);
    operations.adamW(rows, columns);
    operations.router(rows, columns + 2);
    operations.experts(rows, columns);
    return data.results();
  }

  /** Runs rotary positions and attention. */
  public static Map<String, double[]> attention(
      Kernels kernels, AttentionShape shape, double scale) {
    InputsAndResults data = new InputsAndResults(kernels, scale);
    new AttentionUnderTest(data, shape).run();
    return data.results();
  }

  /** Runs cross-entropy, with and without its gradient. */
  public static Map<String, double[]> crossEntropy(
      Kernels kernels, int rows, int columns, int vocabulary, double scale) {
    InputsAndResults data = new InputsAndResults(kernels, scale);
    new OperationsUnderTest(data).crossEntropy(rows, columns, vocabulary);
    return data.results();
  }

  private void products(int rows, int columns) {
    int width = 2 * columns + 1;
    Tensor x = data.normal(rows, columns);
    Tensor weight = data.uniform(width, columns);
    Tensor sum = data.normal(rows, width);
    kernels.linear(x, weight, sum, Into.ADD);
    data.keep("linear, added", sum);
    Tensor plus = data.unset(rows, width);
    kernels.linearPlus(x, weight, sum, plus);
    data.keep("linearPlus", plus);
    Tensor y = data.unset(rows, width);
    kernels.linear(x, weight, y, Into.OVERWRITE);
    data.keep("linear", y);
    Tensor sumOfGradients = data.normal(rows, columns);
    kernels.linearInputGradient(y, weight, sumOfGradients, Into.ADD);
    data.keep("linearInputGradient, added", sumOfGradients);
    Tensor dX = data.unset(rows, columns);
    kernels.linearInputGradient(y, weight, dX, Into.OVERWRITE);
    data.keep("linearInputGradient", dX);
    Tensor dWeight = data.uniform(width, columns);
    kernels.linearWeightGradient(y, x, dWeight);
    data.keep("linearWeightGradient", dWeight);
    if (rows > 2) {
      Tensor someX = kernels.rows(x, 1, rows - 1);
      Tensor someY = kernels.rows(y, 1, rows - 1);
      kernels.linear(someX, weight, someY, Into.OVERWRITE);
      data.keep("linear on views of rows", y);
      kernels.linearInputGradient(someY, weight, kernels.rows(dX, 1, rows - 1), Into.ADD);
      data.keep("linearInputGradient on views of rows", dX);
      kernels.linearWeightGradient(someY, someX, dWeight);
      data.keep("linearWeightGradient on views of rows", dWeight);
    }
  }

  private void norms(int rows, int columns) {
    Tensor x = data.normal(rows, columns);
    Tensor weight = data.uniform(1, columns);
    Tensor inverseRms = data.unset(rows, 1);
    Tensor y = data.unset(rows, columns);
    kernels.rmsNorm(x, weight, 1e-5, inverseRms, y);
    data.keep("rmsNorm", y);
    data.keep("rmsNorm.inverseRms", inverseRms);
    Tensor dY = data.uniform(rows, columns);
    Tensor sum = data.uniform(rows, columns);
    Tensor dWeight = data.uniform(1, columns);
    kernels.rmsNormGradient(dY, x, weight, inverseRms, sum, Into.ADD, dWeight);
    data.keep("rmsNormGradient, added", sum);
    data.keep("rmsNormGradient.dWeight", dWeight);
    Tensor dX = data.unset(rows, columns);
    kernels.rmsNormGradient(dY, x, weight, inverseRms, dX, Into.OVERWRITE, dWeight);
    data.keep("rmsNormGradient", dX);
    kernels.rmsNormGradient(dY, x, weight, inverseRms, dY, Into.OVERWRITE, dWeight);
    data.keep("rmsNormGradient, in place", dY);
    data.keep("rmsNormGradient.dWeight, three times", dWeight);
  }

  private void embedding(int rows, int columns) {
    Tensor table = data.normal(7, columns);
    Indices ids = data.indices(rows, 7);
    Tensor out = data.unset(rows, columns);
    kernels.gatherRows(table, ids, out);
    data.keep("gatherRows", out);
    kernels.scatterAddRows(out, ids, table);
    data.keep("scatterAddRows", table);
  }

  private void crossEntropy(int rows, int columns, int vocabulary) {
    Tensor x = data.normal(rows, columns);
    Tensor weight = data.uniform(vocabulary, columns);
    Indices targets = data.indices(rows, vocabulary);
    Tensor losses = data.unset(rows, 1);
    kernels.crossEntropy(x, weight, targets, losses);
    data.keep("crossEntropy", losses);
    Tensor lossesToo = data.unset(rows, 1);
    Tensor dX = data.unset(rows, columns);
    Tensor dWeight = data.uniform(vocabulary, columns);
    kernels.crossEntropyWithGradient(x, weight, targets, lossesToo, dX, dWeight);
    data.keep("crossEntropyWithGradient", lossesToo);
    data.keep("crossEntropyWithGradient.dX", dX);
    data.keep("crossEntropyWithGradient.dWeight", dWeight);
  }

  /** The first step, from nothing, and a late one, where eps is next to nothing and where not. */
  private void adamW(int rows, int columns) {
    for (double eps : new double[] {1e-8, 1e-2}) {
      Tensor zeros = data.upload(new double[rows * columns], rows, columns);
      Tensor zerosToo = data.upload(new double[rows * columns], rows, columns);
      adamW(rows, columns, zeros, zerosToo, new AdamWStep(1, 1, 1e-2, 0.9, 0.95, eps, 1));
      adamW(
          rows,
          columns,
          data.normal(rows, columns),
          data.uniform(rows, columns),
          new AdamWStep(0.5, 0.99, 1e-2, 0.9, 0.999, eps, 1000));
    }
  }

  private void adamW(int rows, int columns, Tensor m, Tensor v, AdamWStep step) {
    Tensor p = data.uniform(rows, columns);
    kernels.adamW(p, data.normal(rows, columns), m, v, step);
    String name = "adamW step %d, eps %s".formatted(step.step(), step.eps());
    data.keep(name, p);
    data.keep(name + ".m", m);
    data.keep(name + ".v", v);
  }

  private void router(int rows, int experts) {
    // Exact in both precisions, so that all choose the same experts.
    double[] distinct = new double[rows * experts];
    double[] tied = new double[rows * experts];
    for (int i = 0; i < distinct.length; i++) {
      distinct[i] = (i * 7919 % 4096) / 1024.0;
      tied[i] = i * 7919 % 3;
    }
    for (Routing.Weights kind : Routing.Weights.values()) {
      router("distinct, " + kind, routing(rows, experts, 2, kind), distinct);
      router("tied, " + kind, routing(rows, experts, 2, kind), tied);
      router("many chosen, " + kind, routing(rows, experts, Math.min(experts, 64), kind), tied);
    }
  }

  private Routing routing(int rows, int experts, int perRow, Routing.Weights kind) {
    return kernels.routing(
        rows, experts, perRow, kind, (role, length) -> kernels.allocateIndices(length));
  }

  /** Two experts of four for each row; of a few rows some experts get none. */
  private void experts(int rows, int columns) {
    int width = columns + 3;
    Routing routing = routing(rows, 4, 2, Routing.Weights.PROBABILITIES);
    kernels.route(
        data.uniform(rows, 4),
        routing,
        data.unset(rows, 4),
        data.unset(rows, 1),
        data.unset(2 * rows, 1));
    Tensor x = data.normal(rows, columns);
    Tensor slotX = data.unset(2 * rows, columns);
    Indices rowOfSlot = kernels.rowOfSlot(routing, kernels.allocateIndices(2 * rows));
    kernels.gatherRows(x, rowOfSlot, slotX);
    data.keep("gatherRows of slots", slotX);
    List<Tensor> weights = matrices(4, width, columns);
    Tensor y = data.unset(2 * rows, width);
    kernels.expertsLinear(slotX, weights, routing, y, Into.OVERWRITE);
    data.keep("expertsLinear", y);
    kernels.expertsLinear(slotX, weights, routing, y, Into.ADD);
    data.keep("expertsLinear, added", y);
    Tensor dX = data.unset(2 * rows, columns);
    kernels.expertsInputGradient(y, weights, routing, dX, Into.OVERWRITE);
    data.keep("expertsInputGradient", dX);
    kernels.expertsInputGradient(y, weights, routing, dX, Into.ADD);
    data.keep("expertsInputGradient, added", dX);
    List<Tensor> dWeights = matrices(4, width, columns);
    kernels.expertsWeightGradient(y, slotX, routing, dWeights);
    for (int expert = 0; expert < 4; expert++) {
      data.keep("expertsWeightGradient " + expert, dWeights.get(expert));
    }
    kernels.scatterAddRows(dX, rowOfSlot, x);
    data.keep("scatterAddRows of slots", x);
  }

  private List<Tensor> matrices(int count, int rows, int columns) {
    return Stream.generate(() -> data.uniform(rows, columns)).limit(count).toList();
  }

  private void router(String name, Routing routing, double[] values) {
    int rows = routing.rows();
    int experts = routing.experts();
    Tensor logits = data.upload(values, rows, experts);
    Tensor probabilities = data.unset(rows, experts);
    Tensor logSumExp = data.unset(rows, 1);
    Tensor weights = data.unset(routing.slots(), 1);
    kernels.route(logits, routing, probabilities, logSumExp, weights);
    data.keep("route, " + name, weights);
    data.keep("route.rows, " + name, Arrays.stream(routing.rowOfSlot()).asDoubleStream().toArray());
    data.keep("route.probabilities, " + name, probabilities);
    data.keep("route.logSumExp, " + name, logSumExp);
    Tensor dWeights = data.uniform(routing.slots(), 1);
    Tensor dLogits = data.unset(rows, experts);
    kernels.routeGradient(probabilities, logSumExp, routing, dWeights, 0.1, 0.01, dLogits);
    data.keep("routeGradient, " + name, dLogits);
  }
}
