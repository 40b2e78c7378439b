package io.polyspark.model.tensor.operations;

import io.polyspark.model.tensor.Elementwise;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Tensor;
import java.util.function.BiConsumer;

/** Every operation of {@link Elementwise} on matrices [rows, columns]. */
final class ElementwiseUnderTest {
  private final InputsAndResults data;
  private final Kernels kernels;
  private final int rows;
  private final int columns;

  ElementwiseUnderTest(InputsAndResults data, int rows, int columns) {
    this.data = data;
    this.kernels = data.kernels();
    this.rows = rows;
    this.columns = columns;
  }

  void run() {
    arithmetic();
    scaling();
    sums();
    functions();
  }

  private void arithmetic() {
    Tensor a = data.normal(rows, columns);
    Tensor b = data.normal(rows, columns);
    Tensor out = data.unset(rows, columns);
    kernels.fill(out, 0.5);
    data.keep("fill", out);
    kernels.add(0.25, out, rows * columns - 1);
    data.keep("add", out);
    kernels.addScaled(a, 0.25, out);
    data.keep("addScaled", out);
    both("copy", a, kernels::copy);
    both("multiply", a, (from, to) -> kernels.multiply(from, b, to));
    both("scaleAndShift", a, (from, to) -> kernels.scaleAndShift(from, -1.5, 0.75, to));
    both("scaleAndShift without shift", a, (from, to) -> kernels.scaleAndShift(from, -1.5, 0, to));
  }

  private void scaling() {
    Tensor a = data.normal(rows, columns);
    Tensor perRow = data.uniform(rows, 1);
    Tensor perColumn = data.uniform(1, columns);
    both("scaleRows", a, (from, to) -> kernels.scaleRows(from, perRow, to));
    both("scaleColumns", a, (from, to) -> kernels.scaleColumns(from, perColumn, to));
    kernels.shiftRows(perRow, a);
    data.keep("shiftRows", a);
  }

  private void sums() {
    Tensor a = data.normal(rows, columns);
    Tensor b = data.uniform(rows, columns);
    Tensor perRow = data.unset(rows, 1);
    kernels.sumOverColumns(a, perRow);
    data.keep("sumOverColumns", perRow);
    Tensor dots = data.unset(rows, 1);
    kernels.rowDots(a, b, dots);
    data.keep("rowDots", dots);
    Tensor perColumn = data.uniform(1, columns);
    kernels.sumOverRows(a, perColumn, Into.ADD);
    data.keep("sumOverRows, added", perColumn);
    Tensor overwritten = data.unset(1, columns);
    kernels.sumOverRows(a, overwritten, Into.OVERWRITE);
    data.keep("sumOverRows", overwritten);
    data.keep("dot", kernels.dot(a, a));
    data.keep("sum", kernels.sum(b));
  }

  private void functions() {
    Tensor a = data.normal(rows, columns);
    Tensor positive = data.uniform(rows, columns);
    both("relu", a, kernels::relu);
    both("positive", a, kernels::positive);
    both("sigmoid", a, kernels::sigmoid);
    both("erf", a, kernels::erf);
    both("exp", positive, kernels::exp);
    both(
        "inverseSquareRoot",
        positive,
        (from, to) -> kernels.inverseSquareRoot(from, 0.5, 1e-3, to));
    Tensor notPositive = data.unset(rows, columns);
    kernels.relu(a, notPositive);
    kernels.scaleAndShift(notPositive, -1, 0, notPositive);
    both("exp of what is not positive", notPositive, kernels::exp);
  }

  /** Into a tensor of its own, and in place. */
  private void both(String name, Tensor a, BiConsumer<Tensor, Tensor> operation) {
    Tensor out = data.unset(rows, columns);
    operation.accept(a, out);
    data.keep(name, out);
    Tensor inPlace = data.unset(rows, columns);
    kernels.copy(a, inPlace);
    operation.accept(inPlace, inPlace);
    data.keep(name + ", in place", inPlace);
  }
}
