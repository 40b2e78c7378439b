package io.polyspark.model.transformer;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.tensor.Routing;
import io.polyspark.model.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The losses that keep the router of one layer in bounds, and their gradients: the load-balancing
 * loss (arXiv 2101.03961) and the z-loss (arXiv 2202.08906), as {@link ExpertLoad} defines them. A
 * model's is their mean over its L layers, by weight:
 *
 * <pre>
 *   c_aux / L * sum over layers of E * sum over e of f_e P_e  +  c_z / L * sum over layers of mean(z^2)
 * </pre>
 *
 * The shares f_e are counts, which have no gradient.
 */
final class RouterLoss {
  private final ModelConfig config;
  private final Kernels kernels;
  private final Tensor meanProbability;
  private final double[] means;
  private final double[] dProbability;
  private ExpertLoad measured;

  RouterLoss(ModelConfig config, Kernels kernels, MemoryPlan plan) {
    this.config = config;
    this.kernels = kernels;
    this.meanProbability = plan.shared("router.meanProbability", 1, config.numExperts());
    this.means = new double[config.numExperts()];
    this.dProbability = new double[config.numExperts()];
  }

  /** The weighted sum of what the layers of a model have measured; 0 where there are no layers. */
  static double of(ModelConfig config, List<ExpertLoad> layers) {
    double sum = 0;
    for (ExpertLoad layer : layers) {
      sum +=
          config.routerAuxLossCoef() * layer.loadBalancingLoss()
              + config.routerZLossCoef() * layer.zLoss();
    }
    return sum / config.numHiddenLayers();
  }

  /**
   * Takes the losses of a batch.
   *
   * @param probabilities [N, E]
   * @param logSumExp z, [N, 1]
   */
  void measure(Routing routing, Tensor probabilities, Tensor logSumExp) {
    kernels.sumOverRows(probabilities, meanProbability, Into.OVERWRITE);
    kernels.download(meanProbability, means);
    List<Long> slots = new ArrayList<>(means.length);
    double balance = 0;
    for (int expert = 0; expert < means.length; expert++) {
      slots.add((long) routing.end(expert) - routing.begin(expert));
      balance += share(routing, expert) * means[expert] / routing.rows();
    }
    double z = kernels.dot(logSumExp, logSumExp) / routing.rows();
    measured = new ExpertLoad(slots, means.length * balance, z);
  }

  /** f_e. */
  private static double share(Routing routing, int expert) {
    return (double) (routing.end(expert) - routing.begin(expert)) / routing.slots();
  }

  /** What {@link #measure} took last. */
  ExpertLoad measured() {
    return measured;
  }

  /**
   * The gradient of each expert's probability, the same in every row, [E]; valid until called
   * again.
   */
  double[] dProbability(Routing routing) {
    double factor = config.routerAuxLossCoef() * routing.experts() / perRow(routing);
    for (int expert = 0; expert < dProbability.length; expert++) {
      dProbability[expert] = factor * share(routing, expert);
    }
    return dProbability;
  }

  /** The gradient of a row's z over z. */
  double zFactor(Routing routing) {
    return 2 * config.routerZLossCoef() / perRow(routing);
  }

  /** What a mean over rows and layers divides by. */
  private double perRow(Routing routing) {
    return (double) routing.rows() * config.numHiddenLayers();
  }
}
