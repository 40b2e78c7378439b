package io.polyspark.model.tensor.cuda;

import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.cuda.CardAndOracle.Pair;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * RMSNorm of every mix of types: of rows that registers hold, and of others, of fewer rows than an
 * emulated card runs blocks of, and of more.
 */
class CudaRmsNormTest {
  private static final double EPS = 1e-5;

  @ParameterizedTest
  @CsvSource({
    "F32, F32, 1, 1",
    "F32, BF16, 3, 7",
    "F32, F32, 5, 64",
    "F32, BF16, 131, 132",
    "BF16, BF16, 19, 132",
    "BF16, F32, 67, 516",
    "BF16, BF16, 11, 131",
    "F32, BF16, 2, 8196",
  })
  void forwardAndBackward(ElementType x, ElementType y, int rows, int columns) {
    CardAndOracle.inEveryOrder(
        both -> {
          CudaRmsNorm card = new CudaRmsNorm(both.card());
          Pair in = both.normal(x, rows, columns);
          Pair weight = both.uniform(ElementType.F32, 1, columns);
          Pair inverseRms = both.unset(ElementType.F32, rows, 1);
          Pair out = both.unset(y, rows, columns);
          card.forward(in.card(), weight.card(), EPS, inverseRms.card(), out.card());
          both.oracle()
              .rmsNorm(in.oracle(), weight.oracle(), EPS, inverseRms.oracle(), out.oracle());
          both.assertClose("y", out);
          both.assertClose("inverseRms", inverseRms);

          Pair dY = both.normal(y, rows, columns);
          Pair dWeight = both.uniform(ElementType.F32, 1, columns);
          Pair dX = both.unset(x, rows, columns);
          Gradient gradient = new Gradient(both, card, in, weight, inverseRms, dWeight);
          gradient.run("dX", dY, dX, Into.OVERWRITE);
          Pair sum = both.normal(x, rows, columns);
          gradient.run("dX, added", dY, sum, Into.ADD);
          if (x == y) {
            gradient.run("dX, in place", dY, dY, Into.OVERWRITE);
          }
        });
  }

  private record Gradient(
      CardAndOracle both, CudaRmsNorm card, Pair x, Pair weight, Pair inverseRms, Pair dWeight) {
    void run(String name, Pair dY, Pair dX, Into into) {
      card.backward(
          dY.card(), x.card(), weight.card(), inverseRms.card(), dX.card(), into, dWeight.card());
      both.oracle()
          .rmsNormGradient(
              dY.oracle(),
              x.oracle(),
              weight.oracle(),
              inverseRms.oracle(),
              dX.oracle(),
              into,
              dWeight.oracle());
      // A row of zeros has r = 1 / sqrt(eps), which its gradient is a multiple of.
      both.assertClose(name, dX);
      both.assertClose(name + ", dWeight", dWeight, 1);
    }
  }
}
