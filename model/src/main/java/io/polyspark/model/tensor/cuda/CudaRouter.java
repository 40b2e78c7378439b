package io.polyspark.model.tensor.cuda;

import static io.polyspark.model.tensor.cuda.CudaTensor.cuda;

import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Routing;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.cuda.Launcher.Grid;

/**
 * {@link io.polyspark.model.tensor.Router} on a card, in float32. The kernels are in {@code
 * router.cu}.
 */
final class CudaRouter {
  private static final String MODULE = "router";
  private static final int WARP = 32;
  private static final int WARPS = 8;

  private final Launcher launcher;
  private final CudaCountingSort sort;

  CudaRouter(Launcher launcher) {
    this.launcher = launcher;
    this.sort = new CudaCountingSort(launcher);
  }

  /** See {@link Kernels#route}; all tensors in float32. */
  void route(
      Tensor logits, CudaRouting routing, Tensor probabilities, Tensor logSumExp, Tensor weights) {
    CudaTensor shares = launcher.scratch("router.shares", routing.slots(), 1, ElementType.F32);
    launcher.launch(
        MODULE,
        "route_" + expertsPerLane(routing),
        grid(routing),
        cuda(logits),
        (long) routing.rows(),
        routing.experts(),
        routing.expertsPerRow(),
        normalized(routing),
        cuda(probabilities),
        cuda(logSumExp),
        routing.chosenOnCard(),
        shares);
    sort.slots(routing, shares, cuda(weights));
    routing.stale();
  }

  /** See {@link Kernels#routeGradient}; all tensors in float32. */
  void routeGradient(
      Tensor probabilities,
      Tensor logSumExp,
      CudaRouting routing,
      Tensor dWeights,
      double balanceFactor,
      double zFactor,
      Tensor dLogits) {
    launcher.launch(
        MODULE,
        "route_gradient_" + expertsPerLane(routing),
        grid(routing),
        cuda(probabilities),
        cuda(logSumExp),
        cuda(dWeights),
        routing.chosenOnCard(),
        routing.slotsOnCard(),
        routing.beginsOnCard(),
        (long) routing.rows(),
        routing.experts(),
        routing.expertsPerRow(),
        normalized(routing),
        (float) (balanceFactor / routing.slots()),
        (float) zFactor,
        cuda(dLogits));
  }

  /** A warp for each row. */
  private static Grid grid(Routing routing) {
    return Grid.of((routing.rows() - 1L) / WARPS + 1, WARPS * WARP);
  }

  /** The power of two that the kernels are named by. */
  private static int expertsPerLane(Routing routing) {
    int least = (routing.experts() - 1) / WARP + 1;
    return Integer.highestOneBit(2 * least - 1);
  }

  private static int normalized(Routing routing) {
    return routing.weights() == Routing.Weights.NORMALIZED ? 1 : 0;
  }
}
