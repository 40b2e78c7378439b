package io.polyspark.model.tensor.cuda;

import static io.polyspark.model.tensor.cuda.CudaTensor.cuda;

import io.polyspark.model.tensor.Elementwise;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.cuda.Launcher.Grid;

/**
 * {@link Elementwise} by elementwise.cu and sums.cu, on tensors of any mix of types; only {@link
 * #sum} and {@link #dot} wait for the card.
 */
class CudaElementwise implements Elementwise {
  private static final String MODULE = "elementwise";
  private static final int THREADS = 256;
  private static final int WARPS = THREADS / 32;

  /** The elements that a block works on. */
  private static final int CHUNK = THREADS * 16;

  /** The most blocks that leave partial sums of all elements. */
  private static final int PARTIALS = 1024;

  private final Launcher launcher;
  private final ColumnSums columnSums;

  CudaElementwise(Launcher launcher) {
    this.launcher = launcher;
    this.columnSums = new ColumnSums(launcher);
  }

  /** A block for every {@link #CHUNK} elements. */
  private static Grid chunks(Tensor of) {
    return Grid.of(ceilDivide(of.length(), CHUNK), THREADS);
  }

  private static long ceilDivide(long a, long b) {
    return (a + b - 1) / b;
  }

  /** {@code out = function(a)}. */
  private void map(String function, Tensor a, Tensor out) {
    CudaTensor from = cuda(a);
    CudaTensor to = cuda(out);
    launcher.launch(
        MODULE, function, chunks(to), from, from.type().code(), to, to.type().code(), to.length());
  }

  /** {@code out = function(a, first, second)}. */
  private void map(String function, Tensor a, double first, double second, Tensor out) {
    CudaTensor from = cuda(a);
    CudaTensor to = cuda(out);
    launcher.launch(
        MODULE,
        function,
        chunks(to),
        from,
        from.type().code(),
        (float) first,
        (float) second,
        to,
        to.type().code(),
        to.length());
  }

  @Override
  public void copy(Tensor from, Tensor to) {
    if (!from.equals(to)) {
      map("copy", from, to);
    }
  }

  @Override
  public void fill(Tensor out, double value) {
    CudaTensor to = cuda(out);
    launcher.launch(MODULE, "fill", chunks(to), to, to.type().code(), (float) value, to.length());
  }

  @Override
  public void multiply(Tensor a, Tensor b, Tensor out) {
    CudaTensor left = cuda(a);
    CudaTensor right = cuda(b);
    CudaTensor to = cuda(out);
    launcher.launch(
        MODULE,
        "multiply",
        chunks(to),
        left,
        left.type().code(),
        right,
        right.type().code(),
        to,
        to.type().code(),
        to.length());
  }

  @Override
  public void addScaled(Tensor a, double factor, Tensor into) {
    CudaTensor from = cuda(a);
    CudaTensor to = cuda(into);
    launcher.launch(
        MODULE,
        "add_scaled",
        chunks(to),
        from,
        from.type().code(),
        (float) factor,
        to,
        to.type().code(),
        to.length());
  }

  @Override
  public void scaleAndShift(Tensor a, double factor, double summand, Tensor out) {
    map("scale_and_shift", a, factor, summand, out);
  }

  @Override
  public void inverseSquareRoot(Tensor a, double factor, double eps, Tensor out) {
    map("inverse_square_root", a, factor, eps, out);
  }

  @Override
  public void relu(Tensor a, Tensor out) {
    map("relu", a, out);
  }

  @Override
  public void positive(Tensor a, Tensor out) {
    map("positive", a, out);
  }

  @Override
  public void sigmoid(Tensor a, Tensor out) {
    map("sigmoid", a, out);
  }

  @Override
  public void exp(Tensor a, Tensor out) {
    map("exponential", a, out);
  }

  @Override
  public void erf(Tensor a, Tensor out) {
    map("error_function", a, out);
  }

  @Override
  public void scaleRows(Tensor a, Tensor perRow, Tensor out) {
    byRows("scale_rows", cuda(a), cuda(perRow), cuda(out));
  }

  @Override
  public void scaleColumns(Tensor a, Tensor perColumn, Tensor out) {
    byRows("scale_columns", cuda(a), cuda(perColumn), cuda(out));
  }

  private void byRows(String function, CudaTensor a, CudaTensor vector, CudaTensor out) {
    int lanes = lanes(out.columns());
    launcher.launch(
        MODULE,
        function,
        Grid.of(ceilDivide(out.rows(), THREADS / lanes), THREADS),
        a,
        a.type().code(),
        vector,
        vector.type().code(),
        out,
        out.type().code(),
        out.rows(),
        Math.toIntExact(out.columns()),
        lanes);
  }

  @Override
  public void shiftRows(Tensor perRow, Tensor into) {
    CudaTensor vector = cuda(perRow);
    CudaTensor to = cuda(into);
    int lanes = lanes(to.columns());
    launcher.launch(
        MODULE,
        "shift_rows",
        Grid.of(ceilDivide(to.rows(), THREADS / lanes), THREADS),
        vector,
        vector.type().code(),
        to,
        to.type().code(),
        to.rows(),
        Math.toIntExact(to.columns()),
        lanes);
  }

  /**
   * How many threads share a row: enough for neighbouring ones to have neighbouring elements, and
   * few enough for each to have 16.
   */
  private static int lanes(long columns) {
    int lanes = 1;
    while (lanes < THREADS && lanes * (lanes < 32 ? 4L : 16L) < columns) {
      lanes *= 2;
    }
    return lanes;
  }

  @Override
  public void sumOverColumns(Tensor a, Tensor perRow) {
    CudaTensor from = cuda(a);
    CudaTensor to = cuda(perRow);
    launcher.launch(
        MODULE,
        "sum_over_columns",
        Grid.of(ceilDivide(from.rows(), WARPS), THREADS),
        from,
        from.type().code(),
        to,
        to.type().code(),
        from.rows(),
        Math.toIntExact(from.columns()));
  }

  @Override
  public void rowDots(Tensor a, Tensor b, Tensor perRow) {
    CudaTensor left = cuda(a);
    CudaTensor right = cuda(b);
    CudaTensor to = cuda(perRow);
    launcher.launch(
        MODULE,
        "row_dots",
        Grid.of(ceilDivide(left.rows(), WARPS), THREADS),
        left,
        left.type().code(),
        right,
        right.type().code(),
        to,
        to.type().code(),
        left.rows(),
        Math.toIntExact(left.columns()));
  }

  @Override
  public void sumOverRows(Tensor a, Tensor perColumn, Into into) {
    columnSums.of(cuda(a), cuda(perColumn), into);
  }

  @Override
  public double sum(Tensor a) {
    CudaTensor from = cuda(a);
    CudaTensor partials = partials(from);
    launcher.launch(
        ColumnSums.MODULE,
        "sum_partials",
        Grid.of(partials.rows(), THREADS),
        from,
        from.type().code(),
        partials,
        from.length());
    return total(partials);
  }

  @Override
  public double dot(Tensor a, Tensor b) {
    CudaTensor left = cuda(a);
    CudaTensor right = cuda(b);
    CudaTensor partials = partials(left);
    launcher.launch(
        ColumnSums.MODULE,
        "dot_partials",
        Grid.of(partials.rows(), THREADS),
        left,
        left.type().code(),
        right,
        right.type().code(),
        partials,
        left.length());
    return total(partials);
  }

  /** A double, as long as two float32, for each block that adds elements up. */
  private CudaTensor partials(CudaTensor of) {
    long blocks = Math.min(PARTIALS, ceilDivide(of.length(), CHUNK));
    return launcher.scratch("sums.partials", blocks, 2, ElementType.F32);
  }

  private double total(CudaTensor partials) {
    CudaTensor parts = launcher.scratch("sums.total", 1, 2, ElementType.F32);
    launcher.launch(
        ColumnSums.MODULE,
        "add_partials",
        Grid.of(1, THREADS),
        partials,
        Math.toIntExact(partials.rows()),
        parts);
    double[] sum = new double[2];
    launcher.read(parts, sum);
    return sum[0] + sum[1];
  }
}
