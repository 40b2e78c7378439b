package io.polyspark.model.tensor.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Gradients in float32 are rounded once for both of a layer's products, and never too seldom. */
class CudaProductsTest {
  private static final int ROWS = 3;
  private static final int WIDTH = 8;

  private CudaSession session;
  private Kernels kernels;
  private Tensor x;
  private Tensor weight;
  private Tensor dY;
  private Tensor dX;
  private Tensor dWeight;

  @BeforeAll
  static void device() {
    CardUnderTest.require();
  }

  @BeforeEach
  void open() {
    session = new CudaSession(0, Dtype.BF16);
    kernels = session.create();
    x = kernels.allocate(ROWS, WIDTH);
    weight = kernels.allocate(WIDTH, WIDTH);
    dY = kernels.allocateExact(ROWS, WIDTH);
    dX = kernels.allocateExact(ROWS, WIDTH);
    FlatVector gradients = session.vector(WIDTH * WIDTH).orElseThrow();
    dWeight = kernels.view(gradients, 0, WIDTH, WIDTH);
    kernels.fill(x, 1);
    kernels.fill(weight, 1);
    kernels.fill(dY, 1);
  }

  @AfterEach
  void close() {
    kernels.close();
    session.close();
  }

  private void gradients() {
    kernels.linearWeightGradient(dY, x, dWeight);
    kernels.linearInputGradient(dY, weight, dX, Into.OVERWRITE);
  }

  @Test
  void theSecondProductRoundsNothing() {
    gradients();
    long before = session.writes();
    gradients();
    // One rounding and two products.
    assertThat(session.writes() - before).isEqualTo(3);
    assertThat(first(dX)).isEqualTo(WIDTH);
    assertThat(first(dWeight)).isEqualTo(2 * ROWS);
  }

  @Test
  void whatHasChangedIsRoundedAnew() {
    gradients();
    kernels.fill(dY, 2);
    kernels.linearInputGradient(dY, weight, dX, Into.OVERWRITE);
    assertThat(first(dX)).isEqualTo(2 * WIDTH);
    // Into the very tensor that is the operand of the next.
    kernels.linearInputGradient(dY, weight, dY, Into.ADD);
    kernels.linearInputGradient(dY, weight, dX, Into.OVERWRITE);
    assertThat(first(dX)).isEqualTo((2 + 2 * WIDTH) * WIDTH);
  }

  @Test
  void aCaptureCountsOnNothingBeforeIt() {
    for (int run = 0; run < 4; run++) {
      if (run == 1) {
        // The operand is rounded when the capture begins; later runs have another.
        kernels.linearWeightGradient(dY, x, dWeight);
      }
      kernels.repeat(
          this,
          () -> {
            gradients();
            kernels.addScaled(dY, 1, dY);
          });
      assertThat(first(dX)).isEqualTo(WIDTH << run);
    }
  }

  private double first(Tensor tensor) {
    double[] values = new double[Math.toIntExact(tensor.length())];
    kernels.download(tensor, values);
    return values[0];
  }
}
