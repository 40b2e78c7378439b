package io.polyspark.model.tensor.cuda;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.cuda.CardAndOracle.Pair;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Experts with no slot, one, some, and more than a tile. */
class CudaGroupedProductsTest {
  private static final int[] NONE = {0, 0, 0, 0};
  private static final int[] ONE = {0, 1};
  private static final int[] UNEVEN = {0, 0, 131, 132, 132, 149};

  /** What is read and made; in and out, some of which the matrix units take; where slots begin. */
  static Stream<Arguments> cases() {
    return Stream.of(
        Arguments.of(Dtype.FLOAT32, ElementType.F32, 1, 1, ONE),
        Arguments.of(Dtype.FLOAT32, ElementType.F32, 67, 5, UNEVEN),
        Arguments.of(Dtype.FLOAT32, ElementType.F32, 16, 130, many()),
        Arguments.of(Dtype.TF32, ElementType.F32, 4, 12, ONE),
        Arguments.of(Dtype.TF32, ElementType.F32, 260, 68, UNEVEN),
        Arguments.of(Dtype.TF32, ElementType.F32, 5, 12, ONE),
        Arguments.of(Dtype.BF16, ElementType.BF16, 8, 8, ONE),
        Arguments.of(Dtype.BF16, ElementType.BF16, 136, 264, UNEVEN),
        Arguments.of(Dtype.BF16, ElementType.F32, 280, 72, UNEVEN),
        Arguments.of(Dtype.BF16, ElementType.BF16, 24, 16, many()),
        Arguments.of(Dtype.BF16, ElementType.BF16, 67, 40, UNEVEN),
        Arguments.of(Dtype.BF16, ElementType.F32, 40, 67, UNEVEN),
        Arguments.of(Dtype.BF16, ElementType.BF16, 16, 24, NONE));
  }

  /** More experts than a warp has lanes, of 0 to 3 slots. */
  private static int[] many() {
    return IntStream.rangeClosed(0, 71).map(e -> e / 4 * 6 + e % 4 * (e % 4 - 1) / 2).toArray();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void products(Dtype dtype, ElementType ofResults, int in, int out, int[] begins) {
    CardAndOracle.inEveryOrder(
        both -> {
          CudaGroupedProducts card = new CudaGroupedProducts(both.card(), dtype);
          CudaIndices onCard = ids(both, begins);
          int slots = Math.max(1, begins[begins.length - 1]);
          List<Pair> weights = factors(begins.length - 1, () -> factor(both, dtype, out, in));
          Pair x = factor(both, dtype, slots, in);
          Pair y = both.normal(ofResults, slots, out);
          for (Into into : Into.values()) {
            card.linear(x.card(), ofCard(weights), onCard, y.card(), into);
            forEach(
                begins,
                (expert, from, to) ->
                    both.oracle()
                        .linear(
                            both.rows(x, from, to).oracle(),
                            weights.get(expert).oracle(),
                            both.rows(y, from, to).oracle(),
                            into));
            both.assertClose("linear " + into, y);
          }
          Pair dY = factor(both, dtype, slots, out);
          Pair dX = both.normal(ofResults, slots, in);
          for (Into into : Into.values()) {
            card.inputGradient(dY.card(), ofCard(weights), onCard, dX.card(), into);
            forEach(
                begins,
                (expert, from, to) ->
                    both.oracle()
                        .linearInputGradient(
                            both.rows(dY, from, to).oracle(),
                            weights.get(expert).oracle(),
                            both.rows(dX, from, to).oracle(),
                            into));
            both.assertClose("inputGradient " + into, dX);
          }
          List<Pair> dWeights =
              factors(begins.length - 1, () -> both.normal(ElementType.F32, out, in));
          card.weightGradient(dY.card(), x.card(), onCard, ofCard(dWeights));
          forEach(
              begins,
              (expert, from, to) ->
                  both.oracle()
                      .linearWeightGradient(
                          both.rows(dY, from, to).oracle(),
                          both.rows(x, from, to).oracle(),
                          dWeights.get(expert).oracle()));
          dWeights.forEach(dWeight -> both.assertClose("weightGradient", dWeight));
        });
  }

  @Test
  void aWeightForEveryExpert() {
    CardAndOracle.inEveryOrder(
        both -> {
          CudaTensor x = both.normal(ElementType.F32, 1, 1).card();
          CudaGroupedProducts card = new CudaGroupedProducts(both.card(), Dtype.FLOAT32);
          CudaIndices begins = ids(both, 0, 1, 1);
          assertThatThrownBy(() -> card.linear(x, List.of(x), begins, x, Into.ADD))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessage("1 weights of 2 experts");
        });
  }

  private interface OfExpert {
    void run(int expert, int from, int to);
  }

  private static void forEach(int[] begins, OfExpert operation) {
    for (int expert = 0; expert + 1 < begins.length; expert++) {
      if (begins[expert] < begins[expert + 1]) {
        operation.run(expert, begins[expert], begins[expert + 1]);
      }
    }
  }

  private static List<Pair> factors(int count, Supplier<Pair> factor) {
    return Stream.generate(factor).limit(count).toList();
  }

  /** Numbers that products read as they are. */
  private static Pair factor(CardAndOracle both, Dtype dtype, int rows, int columns) {
    if (dtype == Dtype.FLOAT32) {
      return both.normal(ElementType.F32, rows, columns);
    }
    Pair rounded = both.normal(ElementType.BF16, rows, columns);
    if (dtype == Dtype.BF16) {
      return rounded;
    }
    CudaTensor wide = both.unset(ElementType.F32, rows, columns).card();
    new CudaElementwise(both.card()).copy(rounded.card(), wide);
    return new Pair(wide, rounded.oracle());
  }

  private static List<Tensor> ofCard(List<Pair> pairs) {
    return pairs.stream().<Tensor>map(Pair::card).toList();
  }

  private static CudaIndices ids(CardAndOracle both, int... values) {
    CudaIndices ids = both.card().scratchIds("test.begins", values.length);
    ((CudaSession) both.card()).write(values, ids);
    return ids;
  }
}
