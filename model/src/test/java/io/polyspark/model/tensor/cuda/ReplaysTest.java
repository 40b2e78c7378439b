package io.polyspark.model.tensor.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Sequences that become graphs, and those that cannot. */
class ReplaysTest {
  private CudaSession session;
  private CudaKernels kernels;
  private int calls;

  @BeforeAll
  static void device() {
    CardUnderTest.require();
  }

  private void open() {
    session = new CudaSession(0, Dtype.FLOAT32);
    kernels = new CudaKernels(session);
  }

  @AfterEach
  void close() {
    kernels.close();
    session.close();
  }

  private double sumAfter(Tensor x) {
    return kernels.sum(x);
  }

  @Test
  void theSecondRunIsCapturedAndLaterOnesOnlyLaunched() {
    open();
    Tensor x = kernels.allocate(3, 5);
    for (int run = 1; run <= 5; run++) {
      kernels.repeat(
          this,
          () -> {
            calls++;
            kernels.scaleAndShift(x, 2, 1, x);
          });
      // x = 2 x + 1, run by run, from zeros.
      assertThat(sumAfter(x)).isEqualTo(15 * ((1 << run) - 1));
    }
    assertThat(calls).isEqualTo(2);
  }

  @Test
  void whatReadsInItsMiddleRunsEachTime() {
    open();
    Tensor x = kernels.allocate(1, 4);
    for (int run = 0; run < 4; run++) {
      kernels.repeat(
          this,
          () -> {
            calls++;
            kernels.scaleAndShift(x, 1, 1 + kernels.sum(x), x);
          });
    }
    assertThat(calls).isEqualTo(4);
    assertThat(sumAfter(x)).isEqualTo(4 * (1 + 5 + 25 + 125));
  }

  /** A graph must not go on working in scratch memory that has been replaced by more. */
  @Test
  void isCapturedAnewWhenScratchHasGrown() {
    open();
    Tensor x = kernels.allocate(2, 3);
    Tensor sums = kernels.allocate(2, 1);
    Runnable sequence =
        () -> {
          calls++;
          session.scratch("a test", 1, 8, ElementType.F32).address();
          kernels.scaleAndShift(x, 1, 1, x);
          kernels.sumOverColumns(x, sums);
        };
    for (int run = 0; run < 3; run++) {
      kernels.repeat(this, sequence);
    }
    session.scratch("a test", 1, 1 << 20, ElementType.F32).address();
    for (int run = 0; run < 3; run++) {
      kernels.repeat(this, sequence);
    }
    assertThat(calls).isEqualTo(4);
    assertThat(sumAfter(sums)).isEqualTo(6 * 6);
  }

  /** The card goes on after an exception in the middle of a capture. */
  @Test
  void anExceptionEndsTheCapture() {
    open();
    Tensor x = kernels.allocate(1, 4);
    kernels.repeat(this, () -> kernels.fill(x, 1));
    assertThatThrownBy(
            () ->
                kernels.repeat(
                    this,
                    () -> {
                      kernels.fill(x, 2);
                      throw new IllegalStateException("a fault");
                    }))
        .hasMessage("a fault");
    assertThat(sumAfter(x)).isEqualTo(4);
    kernels.repeat(this, () -> kernels.fill(x, 3));
    assertThat(sumAfter(x)).isEqualTo(12);
  }
}
