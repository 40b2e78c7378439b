package io.polyspark.model.tensor.operations;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.Activations;
import io.polyspark.model.activation.ElementActivation;
import io.polyspark.model.activation.GateActivation;
import io.polyspark.model.activation.MlpActivation;
import io.polyspark.model.activation.ResidentActivation;
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
    } else if (activation instanceof ResidentActivation resident) {
      resident(name, resident);
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

  /**
   * The same numbers under the same names as {@link #element}. Gradients are added to zero, beside
   * which small ones keep all their digits.
   */
  private void resident(String name, ResidentActivation activation) {
    Tensor x = data.normal(rows, columns);
    Tensor dY = data.uniform(rows, columns);
    Tensor y = data.unset(rows, columns);
    Tensor dX = data.unset(rows, columns);
    boolean trained = !activation.coefficients().isEmpty();
    List<Tensor> coefficients =
        trained ? List.of(vector(0.5, -0.25, 0.75), vector(0.125)) : List.of();
    List<Tensor> dCoefficients = trained ? List.of(vector(0, 0, 0), vector(0)) : List.of();
    ActivationMemory memory = memory(activation);
    activation.forward(x, coefficients, memory, y);
    activation.backward(x, coefficients, memory, dY, dX, dCoefficients);
    data.keep(name, y);
    data.keep(name + ".dX", dX);
    for (int i = 0; trained && i < 4; i++) {
      data.keep(name + ".dCoefficients " + i, numbers(dCoefficients)[i]);
    }
  }

  private Tensor vector(double... values) {
    Tensor tensor = kernels.allocateExact(1, values.length);
    kernels.upload(values, tensor);
    return tensor;
  }

  private double[] numbers(List<Tensor> weightAndBias) {
    double[] weight = new double[3];
    double[] bias = new double[1];
    kernels.download(weightAndBias.get(0), weight);
    kernels.download(weightAndBias.get(1), bias);
    return new double[] {weight[0], weight[1], weight[2], bias[0]};
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
