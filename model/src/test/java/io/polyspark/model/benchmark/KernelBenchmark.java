package io.polyspark.model.benchmark;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.Indices;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.model.tensor.Precision;
import io.polyspark.model.tensor.Tensor;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * The time of single operations of {@link Kernels}, as a replica calls them that trains the preset
 * {@code small} on 8 sequences of 256 tokens. Letters: N rows, D hidden size, F intermediate size,
 * V vocabulary. {@code docs/benchmarks/kernels.sh} runs these.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public abstract class KernelBenchmark {
  static final ModelConfig SMALL = ModelConfig.load("small", "the benchmark");
  static final int SEQUENCES = 8;
  static final int POSITIONS = SMALL.maxPositionEmbeddings();

  /** N. */
  static final int ROWS = SEQUENCES * POSITIONS;

  private final Random random = new Random(1);
  private Kernels kernels;

  /** Opens the kernels and fills what the operations read. */
  @Setup
  public final void setUp(BenchmarkParams benchmark) {
    kernels = open();
    prepare();
    String name = benchmark.getBenchmark();
    WorkRate.isOf(work(name.substring(name.lastIndexOf('.') + 1)));
  }

  /** Frees all memory. */
  @TearDown
  public final void tearDown() {
    kernels.close();
  }

  /** What computes. */
  Kernels open() {
    return KernelsProvider.create(Precision.FLOAT32);
  }

  /** Allocates and fills. */
  abstract void prepare();

  /** What one call of a benchmark method does. */
  abstract Work work(String method);

  final Kernels kernels() {
    return kernels;
  }

  /** A new tensor of zeros. */
  final Tensor zeros(long rows, long columns) {
    return kernels.allocate(rows, columns);
  }

  /** A new tensor of numbers between -1 and 1. */
  final Tensor uniform(long rows, long columns) {
    Tensor tensor = zeros(rows, columns);
    kernels.upload(random.doubles(tensor.length(), -1, 1).toArray(), tensor);
    return tensor;
  }

  /** A new list of N ids below a number. */
  final Indices ids(int below) {
    Indices ids = kernels.allocateIndices(ROWS);
    kernels.upload(random.ints(ROWS, 0, below).toArray(), ids);
    return ids;
  }
}
