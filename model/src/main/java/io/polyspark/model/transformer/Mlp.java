package io.polyspark.model.transformer;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.Activations;
import io.polyspark.model.activation.ElementActivation;
import io.polyspark.model.activation.GateActivation;
import io.polyspark.model.activation.MlpActivation;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.tensor.Tensor;
import java.util.stream.IntStream;

/**
 * The MLP of a dense block, with any activation of the registry; F is the intermediate size.
 *
 * <pre>
 *   y = activation(x Wup^T) Wdown^T                  for an activation F -> F
 *   y = activation(x Wgate^T, x Wup^T) Wdown^T       for a gate 2F -> F
 * </pre>
 */
final class Mlp {
  private final Kernels kernels;
  private final Parameters parameters;
  private final Parameters gradients;
  private final Names names;
  private final MlpActivation activation;
  private final ActivationMemory memory;
  private final TrainedCoefficients coefficients;
  private final Tensor gate;
  private final Tensor up;
  private final Tensor inner;
  private final Tensor dInner;
  private final Tensor dUp;
  private final Tensor dGate;

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
    this.activation = Activations.named(config.hiddenAct().get(layer));
    this.coefficients = new TrainedCoefficients(kernels, activation, names);
    long rows = sizes.rows();
    long width = config.intermediateSize();
    this.memory =
        new ActivationMemory(
            IntStream.range(0, activation.keptPerRow())
                .mapToObj(i -> plan.kept("activation." + i, layer, rows, 1))
                .toList(),
            plan.shared("activation.first", rows, width),
            plan.shared("activation.second", rows, width),
            IntStream.range(0, activation.keptPerRow())
                .mapToObj(i -> plan.shared("activation.rows." + i, rows, 1))
                .toList());
    this.gate = activation.isGate() ? plan.kept("gate", layer, rows, width) : null;
    this.up = plan.kept("up", layer, rows, width);
    this.inner = plan.kept("inner", layer, rows, width);
    boolean training = plan.purpose() == MemoryPlan.Purpose.TRAINING;
    this.dInner = training ? plan.shared("dInner", rows, width) : null;
    this.dUp = training ? plan.shared("dUp", rows, width) : null;
    this.dGate = training && activation.isGate() ? plan.shared("dGate", rows, width) : null;
  }

  /** {@code y += mlp(x)}; x, y [N, D]. */
  void forward(Tensor x, Tensor y) {
    kernels.linear(x, parameters.get(names.up()), up, Into.OVERWRITE);
    if (activation instanceof GateActivation gated) {
      kernels.linear(x, parameters.get(names.gate()), gate, Into.OVERWRITE);
      gated.forward(kernels, gate, up, memory, inner);
    } else {
      ((ElementActivation) activation)
          .forward(kernels, up, coefficients.read(parameters), memory, inner);
    }
    kernels.linear(inner, parameters.get(names.down()), y, Into.ADD);
  }

  /**
   * @param x the input of the forward pass
   * @param dY the gradient of what {@link #forward} added; only read
   * @param dX overwritten with the gradient of x
   */
  void backward(Tensor x, Tensor dY, Tensor dX) {
    kernels.linearWeightGradient(dY, inner, gradients.get(names.down()));
    kernels.linearInputGradient(dY, parameters.get(names.down()), dInner, Into.OVERWRITE);
    if (activation instanceof GateActivation gated) {
      gated.backward(kernels, gate, up, memory, dInner, dGate, dUp);
    } else {
      double[] values = coefficients.read(parameters);
      double[] dValues = new double[values.length];
      ((ElementActivation) activation).backward(kernels, up, values, memory, dInner, dUp, dValues);
      coefficients.add(dValues, gradients);
    }
    kernels.linearWeightGradient(dUp, x, gradients.get(names.up()));
    kernels.linearInputGradient(dUp, parameters.get(names.up()), dX, Into.OVERWRITE);
    if (activation.isGate()) {
      kernels.linearWeightGradient(dGate, x, gradients.get(names.gate()));
      kernels.linearInputGradient(dGate, parameters.get(names.gate()), dX, Into.ADD);
    }
  }
}
