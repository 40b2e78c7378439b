package io.polyspark.model.golden;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.Activations;
import io.polyspark.model.activation.ElementActivation;
import io.polyspark.model.activation.MlpActivation;
import io.polyspark.model.golden.GoldenCasesTest.Tolerance;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.model.tensor.Tensor;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** An activation F -> F alone: y, and the gradients of x, weight and bias for a given dY. */
final class ActivationCheck {
  private ActivationCheck() {}

  /** As it is written, and as the kernels have it fused. */
  static void forwardAndBackward(GoldenCase golden, Tolerance tolerance) throws IOException {
    MlpActivation plain = Activations.named(golden.kind());
    try (Kernels kernels = KernelsProvider.create(tolerance.precision())) {
      check(golden, tolerance, kernels, (ElementActivation) plain);
      check(golden, tolerance, kernels, (ElementActivation) kernels.fused(plain));
    }
  }

  private static void check(
      GoldenCase golden, Tolerance tolerance, Kernels kernels, ElementActivation activation)
      throws IOException {
    NpyArray x = golden.array("x");
    double[] weight = golden.array("weight").values();
    double[] bias = golden.array("bias").values();
    double[] coefficients = concatenate(weight, bias);
    Tensor input = upload(kernels, x);
    Tensor dY = upload(kernels, golden.array("dy"));
    Tensor y = kernels.allocate(x.rows(), x.columns());
    Tensor dX = kernels.allocate(x.rows(), x.columns());
    ActivationMemory memory = memory(kernels, activation, x);

    activation.forward(kernels, input, coefficients, memory, y);
    double[] dCoefficients = new double[coefficients.length];
    activation.backward(kernels, input, coefficients, memory, dY, dX, dCoefficients);

    golden.assertClose("y", download(kernels, y), tolerance.ofValues());
    golden.assertClose("dx", download(kernels, dX), tolerance.ofValues());
    golden.assertClose(
        "dweight", Arrays.copyOf(dCoefficients, weight.length), tolerance.ofValues());
    golden.assertClose(
        "dbias",
        Arrays.copyOfRange(dCoefficients, weight.length, dCoefficients.length),
        tolerance.ofValues());
  }

  private static ActivationMemory memory(
      Kernels kernels, ElementActivation activation, NpyArray x) {
    return new ActivationMemory(
        tensors(kernels, activation.keptPerRow(), x.rows(), 1),
        tensors(kernels, activation.keptPerRow(), x.rows(), 1),
        tensors(kernels, activation.scratchTensors(), x.rows(), x.columns()));
  }

  private static List<Tensor> tensors(Kernels kernels, int count, long rows, long columns) {
    return Stream.generate(() -> kernels.allocate(rows, columns)).limit(count).toList();
  }

  private static Tensor upload(Kernels kernels, NpyArray array) {
    Tensor tensor = kernels.allocate(array.rows(), array.columns());
    kernels.upload(array.values(), tensor);
    return tensor;
  }

  private static double[] download(Kernels kernels, Tensor tensor) {
    double[] values = new double[Math.toIntExact(tensor.length())];
    kernels.download(tensor, values);
    return values;
  }

  private static double[] concatenate(double[] first, double[] second) {
    double[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
