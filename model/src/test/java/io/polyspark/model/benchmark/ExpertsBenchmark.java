package io.polyspark.model.benchmark;

import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Routing;
import io.polyspark.model.tensor.Tensor;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;

/**
 * What a mixture of 8 experts, 2 of them for each row, has beside a dense MLP: the router, and the
 * product of each expert's rows with its own up projection [F / 2, D]. S = 2 N slots.
 */
public class ExpertsBenchmark extends ProductBenchmark {
  private static final int EXPERTS = 8;
  private static final int EXPERTS_PER_ROW = 2;
  private static final int EXPERT_WIDTH = SMALL.intermediateSize() / 2;

  private Routing routing;
  private Tensor logits;
  private Tensor probabilities;
  private Tensor logSumExp;
  private Tensor shares;
  private Tensor dShares;
  private Tensor dLogits;
  private Tensor x;
  private List<Tensor> weights;
  private Tensor y;
  private Tensor dX;
  private List<Tensor> dWeights;

  @Override
  void prepare() {
    routing = new Routing(ROWS, EXPERTS, EXPERTS_PER_ROW, Routing.Weights.PROBABILITIES);
    logits = uniform(ROWS, EXPERTS);
    probabilities = zeros(ROWS, EXPERTS);
    logSumExp = zeros(ROWS, 1);
    shares = zeros(routing.slots(), 1);
    dShares = uniform(routing.slots(), 1);
    dLogits = zeros(ROWS, EXPERTS);
    x = uniform(routing.slots(), SMALL.hiddenSize());
    y = uniform(routing.slots(), EXPERT_WIDTH);
    dX = zeros(routing.slots(), SMALL.hiddenSize());
    weights = perExpert(() -> uniform(EXPERT_WIDTH, SMALL.hiddenSize()));
    dWeights = perExpert(() -> zeros(EXPERT_WIDTH, SMALL.hiddenSize()));
    // All else follows it.
    route();
  }

  private static List<Tensor> perExpert(Supplier<Tensor> tensor) {
    return Stream.generate(tensor).limit(EXPERTS).toList();
  }

  @Override
  Work work(String method) {
    return switch (method) {
      case "route", "routeGradient" -> Work.rows(ROWS);
      default -> Work.flops(2.0 * routing.slots() * EXPERT_WIDTH * SMALL.hiddenSize());
    };
  }

  @Benchmark
  public final void route() {
    kernels().route(logits, routing, probabilities, logSumExp, shares);
  }

  @Benchmark
  public void routeGradient() {
    kernels().routeGradient(probabilities, logSumExp, routing, dShares, 0.01, 1e-6, dLogits);
  }

  @Benchmark
  public void linear() {
    kernels().expertsLinear(x, weights, routing, y, Into.OVERWRITE);
  }

  @Benchmark
  public void inputGradient() {
    kernels().expertsInputGradient(y, weights, routing, dX, Into.OVERWRITE);
  }

  @Benchmark
  public void weightGradient() {
    kernels().expertsWeightGradient(y, x, routing, dWeights);
  }
}
