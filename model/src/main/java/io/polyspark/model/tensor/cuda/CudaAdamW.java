package io.polyspark.model.tensor.cuda;

import static io.polyspark.model.tensor.cuda.CudaTensor.cuda;

import io.polyspark.model.tensor.AdamWStep;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.cuda.Launcher.Grid;
import java.util.ArrayList;
import java.util.List;

/**
 * AdamW (arXiv 1711.05101) and the sum of squares that clipping needs, on tensors in float32. The
 * kernels are in {@code optimizer.cu}.
 */
final class CudaAdamW {
  private static final String MODULE = "optimizer";
  private static final int THREADS = 256;
  private static final int ELEMENTS_PER_THREAD = 4;
  private static final int SQUARES_PER_BLOCK = 16_384;
  private static final int SUM_THREADS = 1024;

  private final Launcher launcher;

  CudaAdamW(Launcher launcher) {
    this.launcher = launcher;
  }

  /**
   * See {@link Kernels#adamW}.
   *
   * @param copy overwritten with the parameters in bfloat16, for the products; null for none
   */
  void adamW(Tensor p, Tensor g, Tensor m, Tensor v, CudaTensor copy, AdamWStep step) {
    // One thread more than there are fours takes what is left at both ends.
    long threads = p.length() / ELEMENTS_PER_THREAD + 1;
    launcher.launch(
        MODULE,
        "adam_w",
        Grid.of(ceilDivide(threads, THREADS), THREADS),
        cuda(p),
        cuda(g),
        cuda(m),
        cuda(v),
        copy,
        p.length(),
        (float) step.gradientScale(),
        (float) step.parameterScale(),
        (float) step.beta1(),
        (float) (1 - step.beta1()),
        (float) step.beta2(),
        (float) (1 - step.beta2()),
        (float) (step.rate() / step.correction1()),
        (float) (1 / Math.sqrt(step.correction2())),
        (float) step.eps());
  }

  /**
   * The sum of the squares of all elements; waits for the card.
   *
   * @param tensors those that follow each other in one memory are best neighbours in the list too
   */
  double squares(List<Tensor> tensors) {
    List<CudaTensor> stretches = stretches(tensors);
    long blocks = stretches.stream().mapToLong(CudaAdamW::blocks).sum();
    if (blocks == 0) {
      return 0;
    }
    // Two columns of float32 are the room of a float64.
    CudaTensor sums = launcher.scratch("squares", blocks, 2, ElementType.F32);
    long first = 0;
    for (CudaTensor stretch : stretches) {
      long next = first + blocks(stretch);
      launcher.launch(
          MODULE,
          "squares",
          Grid.of(next - first, THREADS),
          stretch,
          stretch.length(),
          sums.rows(first, next));
      first = next;
    }
    CudaTensor highAndLow = launcher.scratch("squares.sum", 1, 2, ElementType.F32);
    launcher.launch(MODULE, "sum_in_two", Grid.of(1, SUM_THREADS), sums, blocks, highAndLow);
    double[] parts = new double[2];
    launcher.read(highAndLow, parts);
    return parts[0] + parts[1];
  }

  private static long blocks(CudaTensor stretch) {
    return ceilDivide(stretch.length(), SQUARES_PER_BLOCK);
  }

  /** The same elements in fewer tensors, where one begins where another ends. */
  private static List<CudaTensor> stretches(List<Tensor> tensors) {
    List<CudaTensor> stretches = new ArrayList<>();
    for (Tensor tensor : tensors) {
      CudaTensor next = cuda(tensor);
      int last = stretches.size() - 1;
      if (last >= 0 && follows(stretches.get(last), next)) {
        CudaTensor before = stretches.get(last);
        stretches.set(
            last,
            new CudaTensor(
                before.memory(),
                before.offset(),
                1,
                before.length() + next.length(),
                before.type()));
      } else {
        stretches.add(next);
      }
    }
    return stretches;
  }

  private static boolean follows(CudaTensor before, CudaTensor next) {
    return before.memory().equals(next.memory())
        && before.offset() + before.bytes() == next.offset();
  }

  private static long ceilDivide(long a, long b) {
    return (a - 1) / b + 1;
  }
}
