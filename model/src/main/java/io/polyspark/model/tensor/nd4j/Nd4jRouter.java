package io.polyspark.model.tensor.nd4j;

import io.polyspark.model.tensor.Routing;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The router of a mixture of experts, on the heap: its numbers are few ([N, E]), and the integers
 * that come out of them are needed there anyway. Letters as in {@link Routing}.
 */
final class Nd4jRouter {
  private Nd4jRouter() {}

  /** See {@link io.polyspark.model.tensor.Kernels#route}. */
  static void forward(
      INDArray logits,
      Routing routing,
      INDArray probabilities,
      INDArray logSumExp,
      INDArray weights) {
    int experts = routing.experts();
    double[] values = read(logits);
    double[] logSums = new double[routing.rows()];
    for (int row = 0; row < routing.rows(); row++) {
      logSums[row] = softmax(values, row * experts, experts);
      routing.choose(row, values, row * experts);
    }
    routing.sort();
    write(values, probabilities);
    write(logSums, logSumExp);
    write(weights(values, routing), weights);
  }

  /** Logits of one row to probabilities, in place; returns log(sum exp(logit)). */
  private static double softmax(double[] values, int from, int count) {
    double greatest = Double.NEGATIVE_INFINITY;
    for (int i = from; i < from + count; i++) {
      greatest = Math.max(greatest, values[i]);
    }
    double sum = 0;
    for (int i = from; i < from + count; i++) {
      values[i] = StrictMath.exp(values[i] - greatest);
      sum += values[i];
    }
    for (int i = from; i < from + count; i++) {
      values[i] /= sum;
    }
    return greatest + StrictMath.log(sum);
  }

  /** Of each slot, [S]. */
  private static double[] weights(double[] probabilities, Routing routing) {
    double[] weights = new double[routing.slots()];
    for (int row = 0; row < routing.rows(); row++) {
      double divisor = divisor(probabilities, routing, row);
      for (int rank = 0; rank < routing.expertsPerRow(); rank++) {
        weights[routing.slot(row, rank)] = probability(probabilities, routing, row, rank) / divisor;
      }
    }
    return weights;
  }

  /** What the probabilities of a row's experts are divided by. */
  private static double divisor(double[] probabilities, Routing routing, int row) {
    if (routing.weights() == Routing.Weights.PROBABILITIES) {
      return 1;
    }
    double sum = 0;
    for (int rank = 0; rank < routing.expertsPerRow(); rank++) {
      sum += probability(probabilities, routing, row, rank);
    }
    return sum;
  }

  private static double probability(double[] probabilities, Routing routing, int row, int rank) {
    return probabilities[row * routing.experts() + routing.expert(row, rank)];
  }

  /** See {@link io.polyspark.model.tensor.Kernels#routeGradient}. */
  static void backward(
      INDArray probabilities,
      INDArray logSumExp,
      Routing routing,
      INDArray dWeights,
      double[] dProbability,
      double zFactor,
      INDArray dLogits) {
    int experts = routing.experts();
    double[] p = read(probabilities);
    double[] logSums = read(logSumExp);
    double[] dSlots = read(dWeights);
    double[] d = new double[p.length];
    for (int row = 0; row < routing.rows(); row++) {
      int from = row * experts;
      System.arraycopy(dProbability, 0, d, from, experts);
      addThroughWeights(p, routing, row, dSlots, d);
      double mean = 0;
      for (int i = from; i < from + experts; i++) {
        mean += p[i] * d[i];
      }
      for (int i = from; i < from + experts; i++) {
        d[i] = p[i] * (d[i] - mean + zFactor * logSums[row]);
      }
    }
    write(d, dLogits);
  }

  /**
   * Adds the gradients of a row's weights w_k = p_k / s to those of its probabilities: {@code dp_k
   * += (dw_k - sum over j of dw_j w_j) / s} where s is the sum of the K, else {@code dp_k += dw_k}.
   */
  private static void addThroughWeights(
      double[] p, Routing routing, int row, double[] dSlots, double[] d) {
    double divisor = divisor(p, routing, row);
    double mean = 0;
    if (routing.weights() == Routing.Weights.NORMALIZED) {
      for (int rank = 0; rank < routing.expertsPerRow(); rank++) {
        mean += dSlots[routing.slot(row, rank)] * probability(p, routing, row, rank) / divisor;
      }
    }
    for (int rank = 0; rank < routing.expertsPerRow(); rank++) {
      d[row * routing.experts() + routing.expert(row, rank)] +=
          (dSlots[routing.slot(row, rank)] - mean) / divisor;
    }
  }

  private static double[] read(INDArray array) {
    try (INDArray copy = array.dup('c')) {
      return copy.data().asDouble();
    }
  }

  private static void write(double[] from, INDArray into) {
    try (INDArray copy = Nd4j.createFromArray(from)) {
      into.assign(copy.reshape('c', into.shape()));
    }
  }
}
