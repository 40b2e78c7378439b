package io.polyspark.model.transformer;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.Indices;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.tensor.Routing;
import io.polyspark.model.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A mixture of experts without dropped tokens (OLMoE, arXiv 2409.02060), with any activation of the
 * registry, whose coefficients the experts share. Letters: E experts, K experts of each row, S =
 * N*K slots.
 *
 * <pre>
 *   p = softmax(x Wrouter^T)                                             [N, E]
 *   y = sum over the K experts e of the largest p: w_e {@link Mlp}_e(x)        w_e = p_e,
 *                                       or p_e over the sum of the K where norm_topk_prob is set
 * </pre>
 *
 * Rows are copied to their slots, which are sorted by expert ({@link Routing}), so that each expert
 * multiplies rows that lie together, and time and memory follow K, not E. What the backward pass
 * needs of the experts' outputs is the product of each with its gradient, which is that of {@code
 * inner} with {@code dInner}; so they are not kept. What the router says of a row is kept per layer
 * even where the experts are recomputed: it is E + K + 1 numbers beside the 2 K F or more of the
 * experts, no second routing has to come out the same, and their load is measured once.
 *
 * <p>Two losses on the router belong to the model's: see {@link ExpertLoad}.
 */
final class MixtureOfExperts implements FeedForward {
  private final Kernels kernels;
  private final Parameters parameters;
  private final Parameters gradients;
  private final String router;
  private final Experts weights;
  private final Experts dWeights;
  private final RouterLoss loss;
  private final Routing routing;
  private final ActivationPass activation;
  private final Indices rowOfSlot;
  private final Tensor logits;
  private final Tensor probabilities;
  private final Tensor logSumExp;
  private final Tensor shares;
  private final Tensor slotX;
  private final Tensor slotY;
  private final Tensor dShares;

  /** The matrices of all experts, one of each kind per expert; no gates where there are none. */
  private record Experts(List<Tensor> gate, List<Tensor> up, List<Tensor> down) {
    static Experts of(Parameters parameters, Names names, int count, boolean gated) {
      List<Names.Expert> experts = IntStream.range(0, count).mapToObj(names::expert).toList();
      return new Experts(
          gated ? experts.stream().map(e -> parameters.get(e.gate())).toList() : List.of(),
          experts.stream().map(e -> parameters.get(e.up())).toList(),
          experts.stream().map(e -> parameters.get(e.down())).toList());
    }
  }

  MixtureOfExperts(
      ModelConfig config,
      Kernels kernels,
      MemoryPlan plan,
      Parameters parameters,
      Parameters gradients,
      int layer,
      Sizes sizes) {
    this.kernels = kernels;
    this.parameters = parameters;
    this.gradients = gradients;
    Names names = new Names(layer);
    this.router = names.router();
    long rows = sizes.rows();
    this.loss = new RouterLoss(config, kernels, plan, layer, sizes);
    this.routing =
        kernels.routing(
            Math.toIntExact(rows),
            config.numExperts(),
            config.numExpertsPerTok(),
            config.normTopkProb() ? Routing.Weights.NORMALIZED : Routing.Weights.PROBABILITIES,
            (role, length) -> plan.indices("routing." + role + "." + layer, length));
    int slots = routing.slots();
    this.activation =
        new ActivationPass(config, kernels, plan, parameters, gradients, layer, slots);
    this.rowOfSlot = plan.indices("rowOfSlot", slots);
    MemoryPlan ofRouter = plan.exact();
    this.logits = ofRouter.shared("router.logits", rows, config.numExperts());
    this.probabilities =
        ofRouter.keptAlways("router.probabilities", layer, rows, config.numExperts());
    this.logSumExp = plan.keptAlways("router.logSumExp", layer, rows, 1);
    this.shares = plan.keptAlways("router.weights", layer, slots, 1);
    this.slotX = plan.shared("slots.x", slots, config.hiddenSize());
    this.slotY = plan.shared("slots.y", slots, config.hiddenSize());
    boolean training = plan.purpose() == MemoryPlan.Purpose.TRAINING;
    this.dShares = training ? plan.shared("router.dWeights", slots, 1) : null;
    boolean gated = activation.isGate();
    this.weights = Experts.of(parameters, names, config.numExperts(), gated);
    this.dWeights = training ? Experts.of(gradients, names, config.numExperts(), gated) : null;
  }

  @Override
  public void forward(Tensor x, Tensor y) {
    kernels.linear(x, parameters.get(router), logits, Into.OVERWRITE);
    kernels.route(logits, routing, probabilities, logSumExp, shares);
    loss.measure(routing, probabilities, logSumExp);

    activate(x);
    kernels.expertsLinear(activation.inner(), weights.down(), routing, slotY, Into.OVERWRITE);
    kernels.scaleRows(slotY, shares, slotY);
    kernels.scatterAddRows(slotY, kernels.rowOfSlot(routing, rowOfSlot), y);
  }

  @Override
  public void forward(Tensor x, Tensor summand, Tensor y) {
    kernels.copy(summand, y);
    forward(x, y);
  }

  @Override
  public void activate(Tensor x) {
    kernels.gatherRows(x, kernels.rowOfSlot(routing, rowOfSlot), slotX);
    kernels.expertsLinear(slotX, weights.up(), routing, activation.up(), Into.OVERWRITE);
    if (activation.isGate()) {
      kernels.expertsLinear(slotX, weights.gate(), routing, activation.gate(), Into.OVERWRITE);
    }
    activation.forward();
  }

  @Override
  public void backward(Tensor x, Tensor dY, Tensor dX) {
    Indices rows = kernels.rowOfSlot(routing, rowOfSlot);
    Tensor dSlotY = slotY;
    kernels.gatherRows(dY, rows, dSlotY);
    kernels.expertsInputGradient(
        dSlotY, weights.down(), routing, activation.dInner(), Into.OVERWRITE);
    // Until here without the shares: <dY, Mlp_e(x)> = <dY Wdown, inner> is the gradient of w_e.
    kernels.rowDots(activation.dInner(), activation.inner(), dShares);
    kernels.scaleRows(activation.dInner(), shares, activation.dInner());
    kernels.scaleRows(dSlotY, shares, dSlotY);
    kernels.expertsWeightGradient(dSlotY, activation.inner(), routing, dWeights.down());
    activation.backward();

    kernels.gatherRows(x, rows, slotX);
    Tensor dSlotX = slotY;
    kernels.expertsWeightGradient(activation.dUp(), slotX, routing, dWeights.up());
    kernels.expertsInputGradient(activation.dUp(), weights.up(), routing, dSlotX, Into.OVERWRITE);
    if (activation.isGate()) {
      kernels.expertsWeightGradient(activation.dGate(), slotX, routing, dWeights.gate());
      kernels.expertsInputGradient(activation.dGate(), weights.gate(), routing, dSlotX, Into.ADD);
    }

    Tensor dLogits = logits;
    kernels.routeGradient(
        probabilities,
        logSumExp,
        routing,
        dShares,
        loss.balanceFactor(routing),
        loss.zFactor(routing),
        dLogits);
    kernels.linearWeightGradient(dLogits, x, gradients.get(router));
    kernels.linearInputGradient(dLogits, parameters.get(router), dX, Into.OVERWRITE);
    kernels.scatterAddRows(dSlotX, rows, dX);
  }

  @Override
  public ActivationRows activationRows() {
    return activation.rows(stretches());
  }

  private List<ActivationRows.Stretch> stretches() {
    return IntStream.range(0, routing.experts())
        .filter(expert -> routing.begin(expert) < routing.end(expert))
        .mapToObj(
            expert ->
                new ActivationRows.Stretch(expert, routing.begin(expert), routing.end(expert)))
        .toList();
  }

  @Override
  public ActivationHealth activationHealth() {
    return activation.health(stretches());
  }

  @Override
  public Optional<ExpertLoad> expertLoad() {
    return Optional.of(loss.measured());
  }
}
