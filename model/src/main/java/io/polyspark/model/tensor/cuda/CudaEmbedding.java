package io.polyspark.model.tensor.cuda;

import static io.polyspark.model.tensor.cuda.CudaTensor.cuda;

import io.polyspark.model.tensor.Indices;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.cuda.Launcher.Grid;

/**
 * Rows of a table by id. Tensors are of either type, also of different ones. The kernels are in
 * {@code embedding.cu}.
 */
final class CudaEmbedding {
  private static final String MODULE = "embedding";
  private static final int THREADS = 256;
  private static final int GATHERED_ROWS = 4;
  private static final int WARP = 32;
  private static final int QUAD = 4;

  private final Launcher launcher;
  private final CudaCountingSort sort;

  CudaEmbedding(Launcher launcher) {
    this.launcher = launcher;
    this.sort = new CudaCountingSort(launcher);
  }

  /** See {@link Kernels#gatherRows}. */
  void gatherRows(Tensor table, Indices ids, Tensor out) {
    CudaTensor from = cuda(table);
    CudaTensor to = cuda(out);
    if (from.type() == to.type()) {
      copyRows(from, CudaIndices.cuda(ids), to);
      return;
    }
    int units = units(from, to);
    int laneBits = laneBits(units);
    launcher.launch(
        MODULE,
        "gather_rows_" + from.type().suffix() + "_" + to.type().suffix(),
        Grid.of(blocks(ids.length(), GATHERED_ROWS, laneBits), THREADS),
        from,
        CudaIndices.cuda(ids),
        to,
        ids.length(),
        Math.toIntExact(from.columns()),
        units,
        laneBits);
  }

  private void copyRows(CudaTensor from, CudaIndices ids, CudaTensor to) {
    int rowBytes = Math.toIntExact(from.columns() * from.type().bytes());
    long common = rowBytes | from.offset() | to.offset();
    int unit = common % 16 == 0 ? 16 : common % 4 == 0 ? 4 : 2;
    int units = rowBytes / unit;
    int laneBits = laneBits(units);
    launcher.launch(
        MODULE,
        "copy_rows_" + unit,
        Grid.of(blocks(ids.length(), GATHERED_ROWS, laneBits), THREADS),
        from,
        ids,
        to,
        ids.length(),
        units,
        laneBits);
  }

  /**
   * See {@link Kernels#scatterAddRows}: the positions are sorted by id, then a block adds those of
   * each id. The sum is rounded to the table's type once.
   */
  void scatterAddRows(Tensor dOut, Indices ids, Tensor dTable) {
    CudaTensor from = cuda(dOut);
    CudaTensor table = cuda(dTable);
    CudaCountingSort.Sorted sorted =
        sort.sort(CudaIndices.cuda(ids), Math.toIntExact(table.rows()));
    int units = units(from, table);
    int threads = Math.min(THREADS, ceilDivide(units, WARP) * WARP);
    launcher.launch(
        MODULE,
        "add_runs_" + from.type().suffix() + "_" + table.type().suffix(),
        Grid.of(ids.length(), ceilDivide(units, threads), threads),
        from,
        sorted.ids(),
        sorted.positions(),
        ids.length(),
        Math.toIntExact(table.columns()),
        units,
        table);
  }

  /**
   * Brings what the experts made of the rows back: {@code into[row] +=} the sum of its slots, in
   * the order of the ranks. It is {@link #scatterAddRows} with the routing's rows as ids, without a
   * sort.
   *
   * @param x [S, D]
   * @param into [N, D]
   */
  void combine(CudaTensor x, CudaRouting routing, CudaTensor into) {
    int units = units(x, into);
    int laneBits = laneBits(units);
    launcher.launch(
        MODULE,
        "combine_" + x.type().suffix() + "_" + into.type().suffix(),
        Grid.of(blocks(routing.rows(), 1, laneBits), THREADS),
        x,
        routing.slotsOnCard(),
        into,
        routing.rows(),
        Math.toIntExact(x.columns()),
        units,
        routing.expertsPerRow(),
        laneBits);
  }

  /**
   * What threads take of a row, one by one or, where all rows of both lie at addresses that allow
   * it, four by four.
   */
  private static int units(CudaTensor from, CudaTensor to) {
    int columns = Math.toIntExact(from.columns());
    return columns % QUAD == 0 && liesInQuads(from) && liesInQuads(to) ? columns / QUAD : columns;
  }

  private static boolean liesInQuads(CudaTensor tensor) {
    return tensor.offset() % (QUAD * (long) tensor.type().bytes()) == 0;
  }

  /** The logarithm of the threads that share a row: the next power of two, at most a block. */
  private static int laneBits(int units) {
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(units - 1);
    return Math.min(bits, Integer.numberOfTrailingZeros(THREADS));
  }

  private static long blocks(int rows, int rowsOfThread, int laneBits) {
    return ceilDivide(rows, rowsOfThread * (THREADS >> laneBits));
  }

  private static int ceilDivide(int a, int b) {
    return (a - 1) / b + 1;
  }
}
