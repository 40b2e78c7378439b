package io.polyspark.model.transformer;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * The MLP of a dense block, with any activation of the registry; F is the intermediate size.
 *
 * <pre>
 *   y = activation(x Wup^T) Wdown^T                  for an activation F -> F
 *   y = activation(x Wgate^T, x Wup^T) Wdown^T       for a gate 2F -> F
 * </pre>
 */
final class Mlp implements FeedForward {
  private final Kernels kernels;
  private final Parameters parameters;
  private final Parameters gradients;
  private final Names names;
  private final ActivationPass activation;

  Mlp(
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
    this.names = new Names(layer);
    this.activation =
        new ActivationPass(config, kernels, plan, parameters, gradients, layer, sizes.rows());
  }

  @Override
  public void forward(Tensor x, Tensor y) {
    activate(x);
    kernels.linear(activation.inner(), parameters.get(names.down()), y, Into.ADD);
  }

  @Override
  public void forward(Tensor x, Tensor summand, Tensor y) {
    activate(x);
    kernels.linearPlus(activation.inner(), parameters.get(names.down()), summand, y);
  }

  @Override
  public void activate(Tensor x) {
    kernels.linear(x, parameters.get(names.up()), activation.up(), Into.OVERWRITE);
    if (activation.isGate()) {
      kernels.linear(x, parameters.get(names.gate()), activation.gate(), Into.OVERWRITE);
    }
    activation.forward();
  }

  @Override
  public void backward(Tensor x, Tensor dY, Tensor dX) {
    kernels.linearWeightGradient(dY, activation.inner(), gradients.get(names.down()));
    kernels.linearInputGradient(
        dY, parameters.get(names.down()), activation.dInner(), Into.OVERWRITE);
    activation.backward();
    projectionGradient(activation.dUp(), x, names.up(), dX, Into.OVERWRITE);
    if (activation.isGate()) {
      projectionGradient(activation.dGate(), x, names.gate(), dX, Into.ADD);
    }
  }

  private void projectionGradient(Tensor d, Tensor x, String weight, Tensor dX, Into into) {
    kernels.linearWeightGradient(d, x, gradients.get(weight));
    kernels.linearInputGradient(d, parameters.get(weight), dX, into);
  }

  @Override
  public ActivationRows activationRows() {
    return activation.rows(stretches());
  }

  private List<ActivationRows.Stretch> stretches() {
    return List.of(new ActivationRows.Stretch(0, 0, activation.up().rows()));
  }

  @Override
  public ActivationHealth activationHealth() {
    return activation.health(stretches());
  }

  @Override
  public Optional<ExpertLoad> expertLoad() {
    return Optional.empty();
  }
}
