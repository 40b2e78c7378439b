package io.polyspark.model.tensor.cuda;

import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.cuda.Launcher.Grid;

/** Sums over rows by sums.cu: partial sums of some rows each, then those in their order. */
final class ColumnSums {
  static final String MODULE = "sums";

  /** The most partial sums of a column. */
  private static final int PARTIALS = 256;

  /** Rows below which a partial sum is not worth its block. */
  private static final int FEWEST_ROWS = 32;

  private static final int THREADS = 256;
  private static final int COLUMNS_OF_BLOCK = 128;

  private final Launcher launcher;

  ColumnSums(Launcher launcher) {
    this.launcher = launcher;
  }

  /**
   * {@code perColumn[j] (+)= sum over i of a[i][j]}.
   *
   * @param perColumn [1, columns of a]
   */
  void of(CudaTensor a, CudaTensor perColumn, Into into) {
    int chunkRows = Math.max(FEWEST_ROWS, Math.toIntExact((a.rows() + PARTIALS - 1) / PARTIALS));
    int chunks = Math.toIntExact((a.rows() + chunkRows - 1) / chunkRows);
    CudaTensor partials = launcher.scratch("sums.columns", chunks, a.columns(), ElementType.F32);
    launcher.launch(
        MODULE,
        "column_partials",
        Grid.of((a.columns() + COLUMNS_OF_BLOCK - 1) / COLUMNS_OF_BLOCK, chunks, THREADS),
        a,
        a.type().code(),
        partials,
        a.rows(),
        Math.toIntExact(a.columns()),
        chunkRows);
    add(partials, perColumn, into);
  }

  /**
   * {@code perColumn[j] (+)= sum over i of partials[i][j]}, of few rows.
   *
   * @param partials float32
   * @param perColumn [1, columns of partials]
   */
  void add(CudaTensor partials, CudaTensor perColumn, Into into) {
    launcher.launch(
        MODULE,
        "add_partial_rows",
        Grid.of((partials.columns() + 31) / 32, 1024),
        partials,
        Math.toIntExact(partials.rows()),
        Math.toIntExact(partials.columns()),
        perColumn,
        perColumn.type().code(),
        into == Into.ADD ? 1 : 0);
  }
}
