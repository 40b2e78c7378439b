package io.polyspark.model.benchmark;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.dl4j.ComputeOptions;
import io.polyspark.model.dl4j.MemoryEstimate;
import io.polyspark.model.dl4j.Replica;
import io.polyspark.model.optimize.AdamWConfig;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.tensor.ProductRecording;
import io.polyspark.model.transformer.Flops;
import io.polyspark.model.transformer.ParameterLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/**
 * The time of one replica's training step, AdamW and clipping included, held against its own matrix
 * products and against what the machine multiplies at best, all in one run. Tokens are random: the
 * time of a step does not depend on them.
 */
public final class StepBenchmark {
  /** Steps before anything counts: the JIT compiles the loops meanwhile. */
  private static final int WARM_UP = 8;

  private static final int REPLAYS = 5;
  private static final long SEED = 1;
  private static final AdamWConfig OPTIMIZER =
      new AdamWConfig(1e-3, 1e-4, 10, 0.9, 0.95, 1e-8, 0.1, 1);

  /**
   * What was measured. Times in seconds.
   *
   * @param kernels what computed
   * @param parameters all of the model's
   * @param flopsPerToken see {@link Flops}
   * @param tokensPerStep B*T
   * @param min the shortest step
   * @param median of the steps
   * @param max the longest step
   * @param products all matrix products of a step, one after the other, timed alone; none where the
   *     back end cannot tell
   * @param peak floating-point operations per second of the best product of square matrices: see
   *     {@link ProductPeak}
   * @param peakDtype what that product read
   * @param operations per step by the operation's name, as the calling thread sees them; what they
   *     do not add up to is the replica's own; empty on a card, which computes them later
   * @param plannedBytes the replica's memory as computed ahead
   * @param peakResidentBytes the most memory that this process has had so far, heap and libraries
   *     included; 0 where the system does not tell
   */
  public record Result(
      String kernels,
      long parameters,
      long flopsPerToken,
      long tokensPerStep,
      double min,
      double median,
      double max,
      OptionalDouble products,
      double peak,
      Dtype peakDtype,
      Map<String, Double> operations,
      long plannedBytes,
      long peakResidentBytes) {
    /** Of the median step. */
    public double tokensPerSecond() {
      return tokensPerStep / median;
    }

    /** The time of the products alone over the median step's. */
    public OptionalDouble productsShare() {
      return products.isPresent()
          ? OptionalDouble.of(products.getAsDouble() / median)
          : OptionalDouble.empty();
    }

    /** What the median step computes per second over the peak. */
    public double peakShare() {
      return flopsPerToken * tokensPerSecond() / peak;
    }
  }

  private final ModelConfig config;
  private final int batch;
  private final int context;
  private final ComputeOptions options;
  private final List<Kernels> kernels = new ArrayList<>();

  /** On a card operations return before they are over. */
  private final OperationTimes times = new OperationTimes(() -> kernels.forEach(Kernels::await));

  private StepBenchmark(ModelConfig config, int batch, int context, ComputeOptions options) {
    this.config = config;
    this.batch = batch;
    this.context = context;
    this.options = options;
  }

  /**
   * Measures steps.
   *
   * @param batch B
   * @param context T, at most the model's longest
   * @param steps how many are timed, after some that are not
   * @param progress is told how many steps are done, of {@link #totalSteps}
   */
  public static Result run(
      ModelConfig config,
      int batch,
      int context,
      ComputeOptions options,
      int steps,
      IntConsumer progress) {
    return new StepBenchmark(config, batch, context, options).run(steps, progress);
  }

  /** The number of steps that a run takes for so many timed ones. */
  public static int totalSteps(int steps) {
    return WARM_UP + steps + 1;
  }

  private Result run(int steps, IntConsumer progress) {
    int[] tokens = tokens(SEED);
    int[] targets = tokens(SEED + 1);
    boolean onCard = KernelsProvider.computesByOurCuda(options.device());
    // The share of a CPU's peak is of that in float32, whatever its products read.
    Dtype peakDtype = onCard ? options.dtype() : Dtype.FLOAT32;
    double peakBefore = ProductPeak.measure(peakDtype, options.device());
    // There a clock on each operation would keep the steps that are timed from being replayed.
    Map<String, Double> apart = onCard ? operationsOfAStep(tokens, targets) : Map.of();
    try (Replica replica =
        Replica.observed(
            config,
            batch,
            context,
            OPTIMIZER,
            totalSteps(steps),
            options,
            onCard ? this::collect : this::observe)) {
      replica.initialize(SEED);
      for (int step = 0; step < WARM_UP; step++) {
        replica.train(tokens, targets);
        progress.accept(step + 1);
      }
      times.reset();
      double[] seconds = new double[steps];
      for (int step = 0; step < steps; step++) {
        long start = System.nanoTime();
        replica.train(tokens, targets);
        seconds[step] = (System.nanoTime() - start) * 1e-9;
        progress.accept(WARM_UP + step + 1);
      }
      Map<String, Double> operations = onCard ? apart : perStep(steps);
      OptionalDouble products = products(() -> replica.train(tokens, targets));
      progress.accept(totalSteps(steps));
      Arrays.sort(seconds);
      return new Result(
          kernels.get(0).description(),
          ParameterLayout.of(config).length(),
          Flops.perToken(config, context),
          (long) batch * context,
          seconds[0],
          seconds[steps / 2],
          seconds[steps - 1],
          products,
          onCard
              ? peakBefore
              : Math.max(peakBefore, ProductPeak.measure(peakDtype, options.device())),
          peakDtype,
          operations,
          MemoryEstimate.of(config, batch, context, MemoryPlan.Purpose.TRAINING, options).total(),
          peakResidentBytes());
    }
  }

  private int[] tokens(long seed) {
    return new Random(seed).ints((long) batch * context, 0, config.vocabSize()).toArray();
  }

  /** Of a replica of its own, with a wait after each. */
  private Map<String, Double> operationsOfAStep(int[] tokens, int[] targets) {
    try (Replica replica =
        Replica.observed(config, batch, context, OPTIMIZER, 2, options, this::observe)) {
      replica.initialize(SEED);
      replica.train(tokens, targets);
      times.reset();
      replica.train(tokens, targets);
      return perStep(1);
    } finally {
      kernels.clear();
    }
  }

  private Kernels collect(Kernels observed) {
    kernels.add(observed);
    return observed;
  }

  private Kernels observe(Kernels observed) {
    return times.over(collect(observed));
  }

  /** The longest first. */
  private Map<String, Double> perStep(int steps) {
    Map<String, Double> sorted = new LinkedHashMap<>();
    times.seconds().entrySet().stream()
        .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
        .forEach(entry -> sorted.put(entry.getKey(), entry.getValue() / steps));
    return sorted;
  }

  private OptionalDouble products(Runnable step) {
    List<ProductRecording> recordings =
        kernels.stream().flatMap(each -> each.recordProducts().stream()).toList();
    try {
      step.run();
    } finally {
      recordings.forEach(ProductRecording::close);
    }
    if (recordings.isEmpty()) {
      return OptionalDouble.empty();
    }
    double[] seconds = new double[REPLAYS];
    for (int i = 0; i < REPLAYS; i++) {
      long start = System.nanoTime();
      recordings.forEach(ProductRecording::replay);
      seconds[i] = (System.nanoTime() - start) * 1e-9;
    }
    Arrays.sort(seconds);
    return OptionalDouble.of(seconds[REPLAYS / 2]);
  }

  /** Linux counts it. */
  private static long peakResidentBytes() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }
}
