package io.polyspark.model.benchmark;

import io.polyspark.model.tensor.Indices;
import io.polyspark.model.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;

/** Rows of the embedding table [V, D] for N tokens, and their gradient. */
public class EmbeddingBenchmark extends KernelBenchmark {
  private Tensor table;
  private Indices ids;
  private Tensor rows;

  @Override
  void prepare() {
    table = uniform(SMALL.vocabSize(), SMALL.hiddenSize());
    ids = ids(SMALL.vocabSize());
    rows = uniform(ROWS, SMALL.hiddenSize());
  }

  /** Rows read and written; the gradient's sums are read too. */
  @Override
  Work work(String method) {
    return Work.floats((double) rows.length() * (method.equals("gatherRows") ? 2 : 3));
  }

  @Benchmark
  public void gatherRows() {
    kernels().gatherRows(table, ids, rows);
  }

  @Benchmark
  public void scatterAddRows() {
    kernels().scatterAddRows(rows, ids, table);
  }
}
