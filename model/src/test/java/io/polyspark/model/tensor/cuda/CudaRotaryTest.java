package io.polyspark.model.tensor.cuda;

import io.polyspark.model.tensor.cuda.CardAndOracle.Pair;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rotary positions of heads that accesses of 16 bytes divide, and of others. */
class CudaRotaryTest {
  private static final double THETA = 10_000;

  @ParameterizedTest
  @CsvSource({
    "F32, 1, 1, 1, 2",
    "BF16, 2, 5, 3, 6",
    "F32, 3, 7, 2, 34",
    "F32, 2, 11, 5, 16",
    "BF16, 2, 11, 19, 16",
    "BF16, 1, 33, 2, 128",
    "F32, 1, 2, 1, 1030",
  })
  void turnsAndTurnsBack(ElementType type, int sequences, int positions, int heads, int headSize) {
    CardAndOracle.inEveryOrder(
        both -> {
          CudaRotary card = new CudaRotary(both.card());
          Pair x = both.normal(type, sequences * positions, heads * headSize);
          card.forward(x.card(), positions, headSize, THETA);
          both.oracle().rotary(x.oracle(), positions, headSize, THETA);
          both.assertClose("rotary", x);
          Pair dX = both.normal(type, sequences * positions, heads * headSize);
          card.backward(dX.card(), positions, headSize, THETA);
          both.oracle().rotaryGradient(dX.oracle(), positions, headSize, THETA);
          both.assertClose("rotaryGradient", dX);
        });
  }

  @ParameterizedTest
  @CsvSource({"F32, 0, 1", "BF16, 3, 4", "F32, 6, 1"})
  void goesOnFromAPosition(ElementType type, int first, int rows) {
    CardAndOracle.inEveryOrder(
        both -> {
          CudaRotary card = new CudaRotary(both.card());
          Pair x = both.normal(type, rows, 3 * 16);
          card.forwardFrom(x.card(), first, 7, 16, THETA);
          both.oracle().rotaryFrom(x.oracle(), first, 7, 16, THETA);
          both.assertClose("rotaryFrom", x);
        });
  }
}
