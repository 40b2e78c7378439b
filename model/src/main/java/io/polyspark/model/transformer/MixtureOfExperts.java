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
  private final List<Names.Expert> experts;
  private final RouterLoss loss;
  private final Routing routing;
  private final ActivationPass activation;
  private final Indices rowOfSlot;
  private final Tensor logits;
  private final Tensor probabilities;
  private final Tensor logSumExp;
  private final Tensor weights;
  private final Tensor slotX;
  private final Tensor slotY;
  private final Tensor dWeights;

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
    this.experts = IntStream.range(0, config.numExperts()).mapToObj(names::expert).toList();
    long rows = sizes.rows();
    this.loss = new RouterLoss(config, kernels, plan);
    this.routing =
        new Routing(
            Math.toIntExact(rows),
            config.numExperts(),
            config.numExpertsPerTok(),
            config.normTopkProb() ? Routing.Weights.NORMALIZED : Routing.Weights.PROBABILITIES);
    int slots = routing.slots();
    this.activation =
        new ActivationPass(config, kernels, plan, parameters, gradients, layer, slots);
    this.rowOfSlot = plan.indices("rowOfSlot", slots);
    this.logits = plan.shared("router.logits", rows, config.numExperts());
    this.probabilities = plan.keptAlways("router.probabilities", layer, rows, config.numExperts());
    this.logSumExp = plan.keptAlways("router.logSumExp", layer, rows, 1);
    this.weights = plan.keptAlways("router.weights", layer, slots, 1);
    this.slotX = plan.shared("slots.x", slots, config.hiddenSize());
    this.slotY = plan.shared("slots.y", slots, config.hiddenSize());
    boolean training = plan.purpose() == MemoryPlan.Purpose.TRAINING;
    this.dWeights = training ? plan.shared("router.dWeights", slots, 1) : null;
  }

  @Override
  public void forward(Tensor x, Tensor y) {
    kernels.linear(x, parameters.get(router), logits, Into.OVERWRITE);
    kernels.route(logits, routing, probabilities, logSumExp, weights);
    loss.measure(routing, probabilities, logSumExp);

    activate(x);
    forEachExpert(
        (expert, rows) ->
            kernels.linear(
                rows.of(activation.inner()),
                parameters.get(expert.down()),
                rows.of(slotY),
                Into.OVERWRITE));
    kernels.scaleRows(slotY, weights, slotY);
    kernels.scatterAddRows(slotY, rowOfSlot, y);
  }

  @Override
  public void activate(Tensor x) {
    kernels.upload(routing.rowOfSlot(), rowOfSlot);
    kernels.gatherRows(x, rowOfSlot, slotX);
    forEachExpert(
        (expert, rows) -> {
          Tensor in = rows.of(slotX);
          kernels.linear(in, parameters.get(expert.up()), rows.of(activation.up()), Into.OVERWRITE);
          if (activation.isGate()) {
            kernels.linear(
                in, parameters.get(expert.gate()), rows.of(activation.gate()), Into.OVERWRITE);
          }
        });
    activation.forward();
  }

  @Override
  public void backward(Tensor x, Tensor dY, Tensor dX) {
    kernels.upload(routing.rowOfSlot(), rowOfSlot);
    Tensor dSlotY = slotY;
    kernels.gatherRows(dY, rowOfSlot, dSlotY);
    forEachExpert(
        (expert, rows) ->
            kernels.linearInputGradient(
                rows.of(dSlotY),
                parameters.get(expert.down()),
                rows.of(activation.dInner()),
                Into.OVERWRITE));
    // Until here without the weights: <dY, Mlp_e(x)> = <dY Wdown, inner> is the gradient of w_e.
    kernels.multiply(activation.dInner(), activation.inner(), activation.scratch());
    kernels.sumOverColumns(activation.scratch(), dWeights);
    kernels.scaleRows(activation.dInner(), weights, activation.dInner());
    kernels.scaleRows(dSlotY, weights, dSlotY);
    forEachExpert(
        (expert, rows) ->
            kernels.linearWeightGradient(
                rows.of(dSlotY), rows.of(activation.inner()), gradients.get(expert.down())));
    activation.backward();
    kernels.gatherRows(x, rowOfSlot, slotX);
    Tensor dSlotX = slotY;
    forEachExpert(
        (expert, rows) -> {
          Tensor in = rows.of(slotX);
          Tensor dIn = rows.of(dSlotX);
          projectionGradient(rows.of(activation.dUp()), in, expert.up(), dIn, Into.OVERWRITE);
          if (activation.isGate()) {
            projectionGradient(rows.of(activation.dGate()), in, expert.gate(), dIn, Into.ADD);
          }
        });

    Tensor dLogits = logits;
    kernels.routeGradient(
        probabilities,
        logSumExp,
        routing,
        dWeights,
        loss.dProbability(routing),
        loss.zFactor(routing),
        dLogits);
    projectionGradient(dLogits, x, router, dX, Into.OVERWRITE);
    kernels.scatterAddRows(dSlotX, rowOfSlot, dX);
  }

  private void projectionGradient(Tensor d, Tensor x, String weight, Tensor dX, Into into) {
    kernels.linearWeightGradient(d, x, gradients.get(weight));
    kernels.linearInputGradient(d, parameters.get(weight), dX, into);
  }

  /** The rows of one expert in tensors that have a row for every slot. */
  private interface Rows {
    Tensor of(Tensor slots);
  }

  private interface ExpertWork {
    void run(Names.Expert expert, Rows rows);
  }

  /** Experts that no row chose have nothing to do. */
  private void forEachExpert(ExpertWork work) {
    for (int i = 0; i < experts.size(); i++) {
      int begin = routing.begin(i);
      int end = routing.end(i);
      if (begin < end) {
        work.run(experts.get(i), tensor -> kernels.rows(tensor, begin, end));
      }
    }
  }

  @Override
  public Optional<ExpertLoad> expertLoad() {
    return Optional.of(loss.measured());
  }
}
