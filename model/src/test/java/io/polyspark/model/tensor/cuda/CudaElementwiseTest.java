package io.polyspark.model.tensor.cuda;

import io.polyspark.model.tensor.Elementwise;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.cuda.CardAndOracle.Pair;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Arithmetic on tensors of every mix of types, at awkward sizes and addresses. */
class CudaElementwiseTest {
  private static final String SIZES =
      """
      F32, F32, F32, 1, 1
      F32, BF16, F32, 7, 31
      BF16, F32, BF16, 67, 129
      BF16, BF16, BF16, 5, 64
      BF16, BF16, F32, 3, 1032
      F32, F32, BF16, 1, 4099
      F32, F32, F32, 2, 4100
      """;

  private interface OneInput {
    void run(Elementwise math, Tensor a, Tensor out);
  }

  /** What a test works on. */
  private record Case(CardAndOracle both, CudaElementwise card, Pair a, ElementType out) {
    void check(String name, OneInput operation) {
      Pair result =
          both.unset(out, Math.toIntExact(a.card().rows()), Math.toIntExact(a.card().columns()));
      operation.run(card, a.card(), result.card());
      operation.run(both.oracle(), a.oracle(), result.oracle());
      both.assertClose(name, result);
    }
  }

  @ParameterizedTest
  @CsvSource(textBlock = SIZES)
  void functions(ElementType a, ElementType b, ElementType out, int rows, int columns) {
    CardAndOracle.inEveryOrder(
        both -> {
          CudaElementwise card = new CudaElementwise(both.card());
          Case signed = new Case(both, card, both.normal(a, rows, columns), out);
          signed.check("copy", Elementwise::copy);
          signed.check("fill", (math, from, to) -> math.fill(to, -1.25));
          signed.check("relu", Elementwise::relu);
          signed.check("positive", Elementwise::positive);
          signed.check("sigmoid", Elementwise::sigmoid);
          signed.check("exp", Elementwise::exp);
          signed.check("erf", Elementwise::erf);
          signed.check(
              "scaleAndShift", (math, from, to) -> math.scaleAndShift(from, -1.5, 0.75, to));
          Case positive = new Case(both, card, both.uniform(b, rows, columns), out);
          positive.check(
              "inverseSquareRoot", (math, from, to) -> math.inverseSquareRoot(from, 0.5, 1e-3, to));
        });
  }

  @ParameterizedTest
  @CsvSource(textBlock = SIZES)
  void twoInputs(ElementType a, ElementType b, ElementType out, int rows, int columns) {
    CardAndOracle.inEveryOrder(
        both -> {
          CudaElementwise card = new CudaElementwise(both.card());
          Pair left = both.normal(a, rows, columns);
          Pair right = both.uniform(b, rows, columns);
          Pair product = both.unset(out, rows, columns);
          card.multiply(left.card(), right.card(), product.card());
          both.oracle().multiply(left.oracle(), right.oracle(), product.oracle());
          both.assertClose("multiply", product);
          Pair sum = both.normal(out, rows, columns);
          card.addScaled(left.card(), 0.25, sum.card());
          both.oracle().addScaled(left.oracle(), 0.25, sum.oracle());
          both.assertClose("addScaled", sum);
          card.multiply(left.card(), left.card(), left.card());
          both.oracle().multiply(left.oracle(), left.oracle(), left.oracle());
          both.assertClose("multiply in place", left);
        });
  }

  @ParameterizedTest
  @CsvSource(textBlock = SIZES)
  void rowsAndColumns(ElementType a, ElementType b, ElementType out, int rows, int columns) {
    CardAndOracle.inEveryOrder(
        both -> {
          CudaElementwise card = new CudaElementwise(both.card());
          Case matrix = new Case(both, card, both.normal(a, rows, columns), out);
          Pair perRow = both.uniform(b, rows, 1);
          Pair perColumn = both.uniform(b, 1, columns);
          matrix.check(
              "scaleRows",
              (math, from, to) -> math.scaleRows(from, side(perRow, math == card), to));
          matrix.check(
              "scaleColumns",
              (math, from, to) -> math.scaleColumns(from, side(perColumn, math == card), to));
          Pair shifted = both.normal(out, rows, columns);
          card.shiftRows(perRow.card(), shifted.card());
          both.oracle().shiftRows(perRow.oracle(), shifted.oracle());
          both.assertClose("shiftRows", shifted);
        });
  }

  /** More than all blocks take at a time, in many rows and in one. */
  @Test
  void sumsOfMany() {
    CardAndOracle.inEveryOrder(
        both -> {
          CudaElementwise card = new CudaElementwise(both.card());
          Pair many = both.uniform(ElementType.BF16, 1, 1025 * 4096 + 5);
          both.assertClose("sum", () -> card.sum(many.card()), both.oracle().sum(many.oracle()));
          Pair rows = both.uniform(ElementType.F32, 8201, 5);
          Pair perColumn = both.unset(ElementType.F32, 1, 5);
          card.sumOverRows(rows.card(), perColumn.card(), Into.OVERWRITE);
          both.oracle().sumOverRows(rows.oracle(), perColumn.oracle(), Into.OVERWRITE);
          both.assertClose("sumOverRows", perColumn);
        });
  }

  /** Of an odd width, a row begins at an address that is no multiple of an access. */
  @Test
  void rowsThatAreNotAligned() {
    CardAndOracle.inEveryOrder(
        both -> {
          CudaElementwise card = new CudaElementwise(both.card());
          Pair a = both.normal(ElementType.BF16, 5, 13);
          Pair out = both.normal(ElementType.F32, 5, 13);
          Pair someA = both.rows(a, 1, 5);
          Pair someOut = both.rows(out, 1, 4);
          Pair others = both.rows(a, 0, 3);
          card.multiply(others.card(), both.rows(someA, 0, 3).card(), someOut.card());
          both.oracle()
              .multiply(others.oracle(), both.rows(someA, 0, 3).oracle(), someOut.oracle());
          both.assertClose("multiply", out);
          Pair perRow = both.unset(ElementType.F32, 4, 1);
          card.rowDots(someA.card(), someA.card(), perRow.card());
          both.oracle().rowDots(someA.oracle(), someA.oracle(), perRow.oracle());
          both.assertClose("rowDots", perRow);
        });
  }

  private static Tensor side(Pair pair, boolean card) {
    return card ? pair.card() : pair.oracle();
  }

  @ParameterizedTest
  @CsvSource(textBlock = SIZES)
  void sums(ElementType a, ElementType b, ElementType out, int rows, int columns) {
    CardAndOracle.inEveryOrder(
        both -> {
          CudaElementwise card = new CudaElementwise(both.card());
          Pair left = both.normal(a, rows, columns);
          Pair right = both.uniform(b, rows, columns);
          Pair perRow = both.unset(out, rows, 1);
          card.sumOverColumns(left.card(), perRow.card());
          both.oracle().sumOverColumns(left.oracle(), perRow.oracle());
          both.assertClose("sumOverColumns", perRow, 1);
          card.rowDots(left.card(), right.card(), perRow.card());
          both.oracle().rowDots(left.oracle(), right.oracle(), perRow.oracle());
          both.assertClose("rowDots", perRow, 1);
          Pair perColumn = both.unset(out, 1, columns);
          card.sumOverRows(left.card(), perColumn.card(), Into.OVERWRITE);
          both.oracle().sumOverRows(left.oracle(), perColumn.oracle(), Into.OVERWRITE);
          both.assertClose("sumOverRows", perColumn, 1);
          card.sumOverRows(right.card(), perColumn.card(), Into.ADD);
          both.oracle().sumOverRows(right.oracle(), perColumn.oracle(), Into.ADD);
          both.assertClose("sumOverRows, added", perColumn, 1);
          both.assertClose("sum", () -> card.sum(right.card()), both.oracle().sum(right.oracle()));
          both.assertClose(
              "dot",
              () -> card.dot(right.card(), right.card()),
              both.oracle().dot(right.oracle(), right.oracle()));
        });
  }
}
