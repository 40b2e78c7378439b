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
  private final Tensor squares;
  private final Tensor sumOfSquares;
  private Routing routing;

  RouterLoss(ModelConfig config, Kernels kernels, MemoryPlan plan, int layer, Sizes sizes) {
    this.config = config;
    this.kernels = kernels;
    // Of each layer, whatever the plan is for: they are read after the whole pass.
    this.meanProbability =
        plan.exact().shared("router.meanProbability." + layer, 1, config.numExperts());
    this.squares = plan.shared("router.z2", sizes.rows(), 1);
    this.sumOfSquares = plan.shared("router.sumOfZ2." + layer, 1, 1);
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
   * Takes the losses of a batch; nothing is read back yet.
   *
   * @param probabilities [N, E]
   * @param logSumExp z, [N, 1]
   */
  void measure(Routing of, Tensor probabilities, Tensor logSumExp) {
    routing = of;
    kernels.sumOverRows(probabilities, meanProbability, Into.OVERWRITE);
    kernels.multiply(logSumExp, logSumExp, squares);
    kernels.sumOverRows(squares, sumOfSquares, Into.OVERWRITE);
  }

  /** What {@link #measure} took last. */
  ExpertLoad measured() {
    double[] means = new double[routing.experts()];
    kernels.download(meanProbability, means);
    double[] z = new double[1];
    kernels.download(sumOfSquares, z);
    List<Long> slots = new ArrayList<>(means.length);
    double balance = 0;
    for (int expert = 0; expert < means.length; expert++) {
      slots.add((long) routing.end(expert) - routing.begin(expert));
      balance += routing.share(expert) * means[expert] / routing.rows();
    }
    return new ExpertLoad(slots, means.length * balance, z[0] / routing.rows());
  }

  /** The gradient of an expert's probability, the same in every row, over its share of slots. */
  double balanceFactor(Routing of) {
    return config.routerAuxLossCoef() * of.experts() / perRow(of);
  }

  /** The gradient of a row's z over z. */
  double zFactor(Routing of) {
    return 2 * config.routerZLossCoef() / perRow(of);
  }

  /** What a mean over rows and layers divides by. */
  private double perRow(Routing of) {
    return (double) of.rows() * config.numHiddenLayers();
  }
}
