package io.polyspark.model.benchmark;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.Activations;
import io.polyspark.model.activation.ElementActivation;
import io.polyspark.model.activation.GateActivation;
import io.polyspark.model.activation.MlpActivation;
import io.polyspark.model.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** An activation of either kind on [N, F], with its memory. */
final class Activation {
  private final KernelBenchmark of;
  private final MlpActivation activation;
  private final ActivationMemory memory;
  private final double[] coefficients;
  private final Tensor gate;
  private final Tensor x;
  private final Tensor y;
  private final Tensor dY;
  private final Tensor dGate;
  private final Tensor dX;

  Activation(KernelBenchmark of, String name) {
    this.of = of;
    this.activation = of.kernels().fused(Activations.named(name));
    this.memory =
        new ActivationMemory(
            columns(activation.keptPerRow()),
            columns(activation.keptPerRow()),
            Stream.generate(this::zeros).limit(activation.scratchTensors()).toList());
    this.coefficients =
        activation.coefficients().stream()
            .flatMap(vector -> vector.initial().stream())
            .mapToDouble(Double::doubleValue)
            .toArray();
    this.gate = uniform();
    this.x = uniform();
    this.y = zeros();
    this.dY = uniform();
    this.dGate = zeros();
    this.dX = zeros();
  }

  private List<Tensor> columns(int count) {
    return IntStream.range(0, count).mapToObj(i -> of.zeros(KernelBenchmark.ROWS, 1)).toList();
  }

  private Tensor zeros() {
    return of.zeros(KernelBenchmark.ROWS, KernelBenchmark.SMALL.intermediateSize());
  }

  private Tensor uniform() {
    return of.uniform(KernelBenchmark.ROWS, KernelBenchmark.SMALL.intermediateSize());
  }

  /** Inputs read and the output written. */
  Work forwardWork() {
    return Work.floats((double) x.length() * (inputs() + 1));
  }

  /** Inputs and the output's gradient read, and the inputs' gradients written. */
  Work backwardWork() {
    return Work.floats((double) x.length() * (2 * inputs() + 1));
  }

  private int inputs() {
    return activation.isGate() ? 2 : 1;
  }

  void forward() {
    if (activation instanceof GateActivation gated) {
      gated.forward(of.kernels(), gate, x, memory, y);
    } else {
      ((ElementActivation) activation).forward(of.kernels(), x, coefficients, memory, y);
    }
  }

  void backward() {
    if (activation instanceof GateActivation gated) {
      gated.backward(of.kernels(), gate, x, memory, dY, dGate, dX);
    } else {
      ((ElementActivation) activation)
          .backward(of.kernels(), x, coefficients, memory, dY, dX, new double[coefficients.length]);
    }
  }
}
