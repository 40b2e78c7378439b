package io.polyspark.model.benchmark;

import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.ScalarResult;

/**
 * JMH's profiler that says beside the time of an operation how much {@link Work} it does per
 * second.
 */
public final class WorkRate implements InternalProfiler {
  /** Of the one benchmark that this JVM was started for. */
  private static volatile Work perCall;

  /** Says what the benchmark that runs next does. */
  static void isOf(Work work) {
    perCall = work;
  }

  @Override
  public String getDescription() {
    return "What PolySpark's kernels do per second";
  }

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {}

  @Override
  public Collection<ScalarResult> afterIteration(
      BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
    if (benchmark.getMode() != Mode.AverageTime) {
      return List.of();
    }
    double nanos = result.getPrimaryResult().getScore() * benchmark.getTimeUnit().toNanos(1);
    return List.of(
        new ScalarResult(
            "rate", perCall.amount() / nanos * 1e9, perCall.unit(), AggregationPolicy.AVG));
  }
}
