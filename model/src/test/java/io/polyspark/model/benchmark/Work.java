package io.polyspark.model.benchmark;

/**
 * What one call of an operation does, counted without what an implementation does besides.
 *
 * @param amount of what is done
 * @param unit of {@code amount} per second
 */
record Work(double amount, String unit) {
  /** Floating-point operations, for what the processor's arithmetic limits. */
  static Work flops(double count) {
    return new Work(1e-9 * count, "GFLOP/s");
  }

  /** Float32 numbers read or written, each once, for what the memory limits. */
  static Work floats(double count) {
    return new Work(1e-9 * Float.BYTES * count, "GB/s");
  }

  /** Rows, for what neither limits. */
  static Work rows(double count) {
    return new Work(1e-6 * count, "Mrow/s");
  }

  /** This and then that, of the same unit. */
  Work plus(Work that) {
    return new Work(amount + that.amount, unit);
  }
}
