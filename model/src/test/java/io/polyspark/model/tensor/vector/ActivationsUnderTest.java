package io.polyspark.model.tensor.vector;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.Activations;
import io.polyspark.model.activation.ElementActivation;
import io.polyspark.model.activation.GateActivation;
import io.polyspark.model.activation.MlpActivation;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;

/**
 * Every activation on matrices [rows, columns], forward and backward, as it is written and as the
 * kernels have it fused.
 */
final class ActivationsUnderTest {
  private final InputsAndResults data;
  private final Kernels kernels;
  private final int rows;
  private final int columns;

  ActivationsUnderTest(InputsAndResults data, int rows, int columns) {
    this.data = data;
    this.kernels = data.kernels();
    this.rows = rows;
    this.columns = columns;
  }

  void run() {
    for (String name : Activations.names()) {
      MlpActivation plain = Activations.named(name);
      run("activation " + name, plain);
      run("activation " + name + ", fused", kernels.fused(plain));
    }
  }

  private void run(String name, MlpActivation activation) {
    if (activation instanceof GateActivation gate) {
      gate(name, gate);
    } else {
      element(name, (ElementActivation) activation);
    }
  }

  private void gate(String name, GateActivation activation) {
    Tensor gate = data.normal(rows, columns);
    Tensor up = data.normal(rows, columns);
    Tensor dY = data.uniform(rows, columns);
    Tensor y = data.unset(rows, columns);
    Tensor dGate = data.unset(rows, columns);
    Tensor dUp = data.unset(rows, columns);
    ActivationMemory memory = memory(activation);
    activation.forward(kernels, gate, up, memory, y);
    activation.backward(kernels, gate, up, memory, dY, dGate, dUp);
    data.keep(name, y);
    data.keep(name + ".dGate", dGate);
    data.keep(name + ".dUp", dUp);
  }

  private void element(String name, ElementActivation activation) {
    Tensor x = data.normal(rows, columns);
    Tensor dY = data.uniform(rows, columns);
    Tensor y = data.unset(rows, columns);
    Tensor dX = data.unset(rows, columns);
    double[] coefficients = {0.5, -0.25, 0.75, 0.125};
    double[] dCoefficients = new double[4];
    ActivationMemory memory = memory(activation);
    activation.forward(kernels, x, coefficients, memory, y);
    activation.backward(kernels, x, coefficients, memory, dY, dX, dCoefficients);
    data.keep(name, y);
    data.keep(name + ".dX", dX);
    if (!activation.coefficients().isEmpty()) {
      for (int i = 0; i < 4; i++) {
        data.keep(name + ".dCoefficients " + i, dCoefficients[i]);
      }
    }
  }

  private ActivationMemory memory(MlpActivation activation) {
    return new ActivationMemory(
        perRow(activation),
        perRow(activation),
        Stream.generate(() -> data.unset(rows, columns))
            .limit(activation.scratchTensors())
            .toList());
  }

  private List<Tensor> perRow(MlpActivation activation) {
    return Stream.generate(() -> data.unset(rows, 1)).limit(activation.keptPerRow()).toList();
  }
}
