package io.polyspark.model.benchmark;

import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.model.tensor.Precision;
import org.openjdk.jmh.annotations.Param;

/** Operations whose time is that of matrix products: {@code -p dtype=BF16} for bfloat16. */
public abstract class ProductBenchmark extends KernelBenchmark {
  @Param("FLOAT32")
  public Dtype dtype;

  @Override
  final Kernels open() {
    return KernelsProvider.create(Precision.FLOAT32, dtype);
  }
}
