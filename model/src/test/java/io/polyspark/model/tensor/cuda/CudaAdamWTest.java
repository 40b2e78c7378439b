package io.polyspark.model.tensor.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.polyspark.model.tensor.AdamWStep;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CudaAdamWTest {
  /**
   * Stretches that begin at any address, shorter than a vector's access and longer than a block.
   */
  @ParameterizedTest
  @CsvSource({"1, 0", "2, 3", "3, 1", "1024, 0", "4099, 1", "4098, 2", "1031, 3"})
  void stepsAsNd4jInFloat64(int length, int skipped) {
    SessionUnderTest.inEveryOrder(
        Dtype.BF16,
        card -> {
          step(card, length, new int[] {skipped, skipped, skipped, skipped}, false);
          step(card, length, new int[] {skipped, skipped, skipped, skipped}, true);
          step(card, length, new int[] {skipped, 0, 1, skipped}, true);
        });
  }

  private static void step(SessionUnderTest card, int length, int[] skipped, boolean withCopy) {
    AdamWStep step = new AdamWStep(0.5, 0.99, 1e-2, 0.9, 0.95, 1e-8, 10);
    double[] p = card.normal(length);
    double[] g = card.normal(length);
    double[] m = card.normal(length);
    double[] v = Arrays.stream(card.normal(length)).map(Math::abs).toArray();
    CudaTensor pOnCard = card.tensor(p, 1, length, ElementType.F32, skipped[0]);
    CudaTensor mOnCard = card.tensor(m, 1, length, ElementType.F32, skipped[2]);
    CudaTensor vOnCard = card.tensor(v, 1, length, ElementType.F32, skipped[3]);
    double[] nothing = new double[length];
    CudaTensor copy =
        withCopy ? card.tensor(nothing, 1, length, ElementType.BF16, skipped[0]) : null;
    new CudaAdamW(card.session())
        .adamW(
            pOnCard,
            card.tensor(g, 1, length, ElementType.F32, skipped[1]),
            mOnCard,
            vOnCard,
            copy,
            step);
    Tensor expectedP = card.exact(p, 1, length);
    Tensor expectedM = card.exact(m, 1, length);
    Tensor expectedV = card.exact(v, 1, length);
    card.exact().adamW(expectedP, card.exact(g, 1, length), expectedM, expectedV, step);
    card.check("p", pOnCard, expectedP, 1e-6);
    card.check("m", mOnCard, expectedM, 1e-6);
    card.check("v", vOnCard, expectedV, 1e-6);
    if (withCopy) {
      card.check("copy", copy, expectedP, 1e-2);
    }
  }

  @Test
  void sumsTheSquaresOfManyTensors() {
    SessionUnderTest.inEveryOrder(
        Dtype.FLOAT32,
        card -> {
          double[] values = card.normal(80_000);
          CudaTensor all = card.tensor(values, 1, values.length, ElementType.F32, 1);
          CudaTensor others = card.tensor(values, 1, values.length, ElementType.F32);
          List<Tensor> tensors =
              List.of(
                  part(all, 0, 3),
                  part(all, 3, 40_000),
                  part(all, 50_000, 50_001),
                  part(others, 1, 2),
                  part(others, 2, 20_003));
          double expected =
              IntStream.concat(
                      IntStream.concat(IntStream.range(0, 40_000), IntStream.of(50_000)),
                      IntStream.range(1, 20_003))
                  .mapToDouble(i -> values[i] * values[i])
                  .sum();
          double actual = new CudaAdamW(card.session()).squares(tensors);
          assertThat(actual).isCloseTo(expected, within(1e-8 * expected));
          assertThat(new CudaAdamW(card.session()).squares(List.of())).isZero();
        });
  }

  private static CudaTensor part(CudaTensor of, int from, int to) {
    return new CudaTensor(
        of.memory(), of.offset() + (long) from * Float.BYTES, 1, to - from, of.type());
  }
}
