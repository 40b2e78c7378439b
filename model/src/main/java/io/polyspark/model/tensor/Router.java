package io.polyspark.model.tensor;

/**
 * The router of a mixture of experts, on the heap and in float64: its numbers are few ([N, E]), and
 * the integers that come out of them are needed there anyway. Letters as in {@link Routing}.
 */
public final class Router {
  private Router() {}

  /**
   * See {@link Kernels#route}.
   *
   * @param logits become probabilities, [N, E]
   * @param logSumExp overwritten, [N]
   * @param weights overwritten in the order of the slots, [S]
   */
  public static void forward(
      double[] logits, Routing routing, double[] logSumExp, double[] weights) {
    int experts = routing.experts();
    for (int row = 0; row < routing.rows(); row++) {
      logSumExp[row] = softmax(logits, row * experts, experts);
      routing.choose(row, logits, row * experts);
    }
    routing.sort();
    weights(logits, routing, weights);
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
  private static void weights(double[] probabilities, Routing routing, double[] weights) {
    for (int row = 0; row < routing.rows(); row++) {
      double divisor = divisor(probabilities, routing, row);
      for (int rank = 0; rank < routing.expertsPerRow(); rank++) {
        weights[routing.slot(row, rank)] = probability(probabilities, routing, row, rank) / divisor;
      }
    }
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

  /**
   * See {@link Kernels#routeGradient}.
   *
   * @param p probabilities, [N, E]
   * @param logSumExp [N]
   * @param dWeights in the order of the slots, [S]
   * @param balanceFactor the gradient of an expert's probability is this times its share of slots
   * @param dLogits overwritten, [N, E]
   */
  public static void backward(
      double[] p,
      double[] logSumExp,
      Routing routing,
      double[] dWeights,
      double balanceFactor,
      double zFactor,
      double[] dLogits) {
    int experts = routing.experts();
    double[] dProbability = new double[experts];
    for (int expert = 0; expert < experts; expert++) {
      dProbability[expert] = balanceFactor * routing.share(expert);
    }
    for (int row = 0; row < routing.rows(); row++) {
      int from = row * experts;
      System.arraycopy(dProbability, 0, dLogits, from, experts);
      addThroughWeights(p, routing, row, dWeights, dLogits);
      double mean = 0;
      for (int i = from; i < from + experts; i++) {
        mean += p[i] * dLogits[i];
      }
      for (int i = from; i < from + experts; i++) {
        dLogits[i] = p[i] * (dLogits[i] - mean + zFactor * logSumExp[row]);
      }
    }
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
}
