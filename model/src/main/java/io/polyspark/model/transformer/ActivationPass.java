package io.polyspark.model.transformer;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.Activations;
import io.polyspark.model.activation.ElementActivation;
import io.polyspark.model.activation.GateActivation;
import io.polyspark.model.activation.MlpActivation;
import io.polyspark.model.activation.ResidentActivation;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The activation of one layer with its trained coefficients and its memory. All tensors are [rows,
 * F]; F is the intermediate size.
 */
final class ActivationPass {
  private final Kernels kernels;
  private final Parameters parameters;
  private final Parameters gradients;
  private final MlpActivation activation;
  private final ActivationMemory memory;
  private final TrainedCoefficients coefficients;
  private final Tensor gate;
  private final Tensor up;
  private final Tensor inner;
  private final Tensor dInner;
  private final Tensor dUp;
  private final Tensor dGate;

  ActivationPass(
      ModelConfig config,
      Kernels kernels,
      MemoryPlan plan,
      Parameters parameters,
      Parameters gradients,
      int layer,
      long rows) {
    this.kernels = kernels;
    this.parameters = parameters;
    this.gradients = gradients;
    this.activation = kernels.fused(Activations.named(config.hiddenAct().get(layer)));
    this.coefficients = new TrainedCoefficients(kernels, activation, new Names(layer));
    long width = config.intermediateSize();
    this.memory =
        new ActivationMemory(
            IntStream.range(0, activation.keptPerRow())
                .mapToObj(i -> plan.kept("activation." + i, layer, rows, 1))
                .toList(),
            IntStream.range(0, activation.keptPerRow())
                .mapToObj(i -> plan.shared("activation.rows." + i, rows, 1))
                .toList(),
            IntStream.range(0, activation.scratchTensors())
                .mapToObj(i -> plan.shared("activation.scratch." + i, rows, width))
                .toList());
    this.gate = activation.isGate() ? plan.kept("gate", layer, rows, width) : null;
    this.up = plan.kept("up", layer, rows, width);
    this.inner = plan.kept("inner", layer, rows, width);
    boolean training = plan.purpose() == MemoryPlan.Purpose.TRAINING;
    this.dInner = training ? plan.shared("dInner", rows, width) : null;
    this.dUp = training ? plan.shared("dUp", rows, width) : null;
    this.dGate = training && activation.isGate() ? plan.shared("dGate", rows, width) : null;
  }

  /** Whether a gate is an input beside {@link #up}. */
  boolean isGate() {
    return activation.isGate();
  }

  /** The gate's input, left for {@link #backward}; null where the activation is none. */
  Tensor gate() {
    return gate;
  }

  /** The input, left for {@link #backward}. */
  Tensor up() {
    return up;
  }

  /** The output, left for the caller's own backward pass. */
  Tensor inner() {
    return inner;
  }

  /** The gradient of {@link #inner}, for the caller to fill. */
  Tensor dInner() {
    return dInner;
  }

  /** The gradient of {@link #up}. */
  Tensor dUp() {
    return dUp;
  }

  /** The gradient of {@link #gate}. */
  Tensor dGate() {
    return dGate;
  }

  /** From {@link #gate} and {@link #up} to {@link #inner}. */
  void forward() {
    if (activation instanceof GateActivation gated) {
      gated.forward(kernels, gate, up, memory, inner);
    } else if (activation instanceof ResidentActivation resident) {
      resident.forward(up, coefficients.tensors(parameters), memory, inner);
    } else {
      ((ElementActivation) activation)
          .forward(kernels, up, coefficients.read(parameters), memory, inner);
    }
  }

  /**
   * What the last forward pass has read and left.
   *
   * @param stretches as in {@link #health}
   */
  ActivationRows rows(List<ActivationRows.Stretch> stretches) {
    return new ActivationRows(
        up, inner, activation.atZero(coefficients.read(parameters)), stretches);
  }

  /**
   * What the last forward pass says of the activation; overwrites {@link #dUp} and {@link #dInner}.
   *
   * @param stretches the rows that have the same weights, of those that have rows
   */
  ActivationHealth health(List<ActivationRows.Stretch> stretches) {
    ActivationProbe probe = new ActivationProbe(kernels, up, dUp, dInner);
    return switch (activation.watched()) {
      case NOTHING -> ActivationHealth.NOTHING;
      case ZEROS -> probe.zeros(stretches);
      case POWERS ->
          probe.powers(
              memory.perRow().get(0), memory.rowScratch().get(0), memory.rowScratch().get(1));
    };
  }

  /**
   * From {@link #dInner} to {@link #dGate} and {@link #dUp}; adds to the coefficients' gradients.
   */
  void backward() {
    if (activation instanceof GateActivation gated) {
      gated.backward(kernels, gate, up, memory, dInner, dGate, dUp);
    } else if (activation instanceof ResidentActivation resident) {
      resident.backward(
          up,
          coefficients.tensors(parameters),
          memory,
          dInner,
          dUp,
          coefficients.tensors(gradients));
    } else {
      double[] values = coefficients.read(parameters);
      double[] dValues = new double[values.length];
      ((ElementActivation) activation).backward(kernels, up, values, memory, dInner, dUp, dValues);
      coefficients.add(dValues, gradients);
    }
  }
}
