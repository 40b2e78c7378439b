package io.polyspark.model.tensor.cuda;

import static io.polyspark.model.tensor.cuda.CudaTensor.cuda;

import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.cuda.Launcher.Grid;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Products of each expert's slots with its own weight, in one launch whose size does not depend on
 * the routing, which lies on the card: on the matrix units where they read what factors are and
 * rows are multiples of 16 bytes, else by float32 arithmetic. The kernels are in {@code grouped.cu}
 * and {@code grouped_plain.cu}. Letters as in {@link io.polyspark.model.tensor.Routing}.
 */
final class CudaGroupedProducts {
  /** What kernels for the matrix units copy at once. */
  private static final int PIECE_BYTES = 16;

  /** How the kernels of a module cut results. */
  private enum Kind {
    MATRIX_UNITS("grouped", 128, 256, 4 * (128 + 256) * 64),
    PLAIN("grouped_plain", 64, 64, 0);

    private static final int THREADS = 256;

    private final String module;
    private final int rows;
    private final int columns;
    private final int sharedBytes;

    Kind(String module, int rows, int columns, int sharedBytes) {
      this.module = module;
      this.rows = rows;
      this.columns = columns;
      this.sharedBytes = sharedBytes;
    }

    /** For all slots, however they are spread: each expert may have a tile that is not full. */
    Grid ofSlots(long slots, int experts, long width) {
      return grid((ceilDivide(slots, rows) + experts) * ceilDivide(width, columns));
    }

    /** For a matrix of each expert. */
    Grid ofWeights(int experts, long out, long in) {
      return grid(experts * ceilDivide(out, rows) * ceilDivide(in, columns));
    }

    private Grid grid(long blocks) {
      return Grid.of(blocks, THREADS).withShared(sharedBytes);
    }

    private static long ceilDivide(long a, long b) {
      return (a + b - 1) / b;
    }
  }

  private final Launcher launcher;
  private final Dtype dtype;
  private final Map<List<Long>, Argument> addresses = new HashMap<>();

  /**
   * Products on a card.
   *
   * @param dtype what they read
   */
  CudaGroupedProducts(Launcher launcher, Dtype dtype) {
    this.launcher = launcher;
    this.dtype = dtype;
  }

  /**
   * See {@link Kernels#expertsLinear}.
   *
   * @param x [S, in]
   * @param weights of the type of x
   * @param begins the first slot of each expert, and S, [E + 1]
   * @param y [S, out], of that type or float32
   */
  void linear(Tensor x, List<Tensor> weights, CudaIndices begins, Tensor y, Into into) {
    multiply("grouped_linear_", cuda(x), weights, begins, cuda(y), x.columns(), y.columns(), into);
  }

  /** See {@link Kernels#expertsInputGradient}; arguments as for {@link #linear}. */
  void inputGradient(Tensor dY, List<Tensor> weights, CudaIndices begins, Tensor dX, Into into) {
    multiply(
        "grouped_input_gradient_",
        cuda(dY),
        weights,
        begins,
        cuda(dX),
        dX.columns(),
        dY.columns(),
        into);
  }

  private void multiply(
      String function,
      CudaTensor from,
      List<Tensor> weights,
      CudaIndices begins,
      CudaTensor to,
      long in,
      long out,
      Into into) {
    check(weights, begins, from.type());
    Kind kind = kind(in, out, List.of(from), weights);
    launcher.launch(
        kind.module,
        function + from.type().suffix() + "_" + to.type().suffix(),
        kind.ofSlots(from.rows(), weights.size(), to.columns()),
        from,
        addresses(weights),
        begins,
        to,
        weights.size(),
        Math.toIntExact(in),
        Math.toIntExact(out),
        into == Into.ADD ? 1 : 0);
  }

  /**
   * See {@link Kernels#expertsWeightGradient}.
   *
   * @param dY [S, out]
   * @param x [S, in], of the same type
   * @param begins as for {@link #linear}
   * @param dWeights float32
   */
  void weightGradient(Tensor dY, Tensor x, CudaIndices begins, List<Tensor> dWeights) {
    check(dWeights, begins, ElementType.F32);
    CudaTensor from = cuda(dY);
    Kind kind = kind(x.columns(), dY.columns(), List.of(from, cuda(x)), List.of());
    launcher.launch(
        kind.module,
        "grouped_weight_gradient_" + from.type().suffix(),
        kind.ofWeights(dWeights.size(), dY.columns(), x.columns()),
        from,
        cuda(x),
        begins,
        addresses(dWeights),
        Math.toIntExact(x.columns()),
        Math.toIntExact(dY.columns()));
  }

  private static void check(List<Tensor> weights, CudaIndices begins, ElementType type) {
    if (begins.length() != weights.size() + 1) {
      throw new IllegalArgumentException(
          "%d weights of %d experts".formatted(weights.size(), begins.length() - 1));
    }
    for (Tensor weight : weights) {
      if (cuda(weight).type() != type) {
        throw new IllegalArgumentException(
            "A weight or its gradient is %s, not %s".formatted(cuda(weight).type(), type));
      }
    }
  }

  private Kind kind(long in, long out, List<Tensor> factors, List<Tensor> weights) {
    boolean fits = true;
    for (Tensor factor : factors) {
      fits = fits && fitsMatrixUnits(cuda(factor), in, out);
    }
    for (Tensor weight : weights) {
      fits = fits && fitsMatrixUnits(cuda(weight), in, out);
    }
    return fits ? Kind.MATRIX_UNITS : Kind.PLAIN;
  }

  private boolean fitsMatrixUnits(CudaTensor factor, long in, long out) {
    int bytes = factor.type().bytes();
    return (factor.type() == ElementType.BF16 || dtype == Dtype.TF32)
        && in * bytes % PIECE_BYTES == 0
        && out * bytes % PIECE_BYTES == 0
        && factor.address() % PIECE_BYTES == 0;
  }

  /** Every list of weights has its own place on the card, so that none is written twice. */
  private Argument addresses(List<Tensor> weights) {
    long[] values = weights.stream().mapToLong(weight -> cuda(weight).address()).toArray();
    return addresses.computeIfAbsent(
        Arrays.stream(values).boxed().toList(),
        key -> launcher.addresses("experts." + addresses.size(), values));
  }
}
