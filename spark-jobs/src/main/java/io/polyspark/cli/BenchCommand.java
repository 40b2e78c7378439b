package io.polyspark.cli;

import io.polyspark.model.benchmark.StepBenchmark;
import io.polyspark.model.config.UserError;
import io.polyspark.model.device.DeviceSelection;
import io.polyspark.model.dl4j.MemoryEstimate;
import io.polyspark.model.tensor.Device;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.terminal.Bar;
import io.polyspark.train.TrainConfig;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.IntConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code polyspark bench}: how long a replica's step takes on this machine, without Spark. */
@Command(
    name = "bench",
    description = {
      "Measure the training step of one replica on this machine, without Spark and data: its time,",
      "its share of the machine's peak, and what its operations take."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footerHeading = "%nExamples:%n",
    footer = {
      "  submit/polyspark bench --config conf/train/small.yaml --batch 8 --context 256",
      "  OMP_NUM_THREADS=1 submit/polyspark bench --config conf/train/char.yaml \\",
      "      --set model.hidden_act=gelu --json"
    })
final class BenchCommand implements Callable<Integer> {
  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "A training configuration, in YAML: its model, batch and context are measured.")
  private Path config;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Sequences per step, in place of the configuration's.")
  private Integer batch;

  @Option(
      names = "--context",
      paramLabel = "N",
      description = "Tokens per sequence, in place of the configuration's.")
  private Integer context;

  @Option(
      names = "--steps",
      defaultValue = "20",
      paramLabel = "N",
      description = "Steps that are timed, after a few that are not (default: ${DEFAULT-VALUE}).")
  private int steps;

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|cuda",
      description = "Where to compute, in place of the configuration's device.")
  private String device;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Override a key of the configuration, such as model.hidden_act=swiglu.")
  private List<String> overrides = new ArrayList<>();

  @Option(names = "--json", description = "Print one JSON object as the last line.")
  private boolean json;

  @Override
  public Integer call() {
    if (steps < 1) {
      throw UserError.of("--steps must be a whole number of at least 1, found %d.", steps);
    }
    TrainConfig read = TrainConfig.load(config, settings());
    DeviceSelection selection = DeviceSelection.here(read.device());
    TrainConfig training = read.on(selection.device());
    SparkRuntime.limitNativeMemory();
    MemoryEstimate replica = Demand.replicaOf(training);
    if (selection.device() == Device.CPU) {
      requireMemory(replica, Machine.here());
    } else {
      SparkRuntime.requireCardMemory(replica.total(), selection);
    }
    KernelsProvider.requireProducts(training.dtype(), selection.device());
    KernelsProvider.announce(training.dtype(), selection);
    StepBenchmark.Result result = measure(training);
    if (json) {
      JsonLine.print(toMap(training, result));
    } else {
      print(training, result, System.out);
    }
    return PolySpark.DONE;
  }

  /** The options are settings of the configuration, and so are checked like them. */
  private List<String> settings() {
    List<String> settings = new ArrayList<>(overrides);
    if (batch != null) {
      settings.add("batch=" + batch);
    }
    if (context != null) {
      settings.add("context=" + context);
    }
    if (device != null) {
      settings.add("device=" + device);
    }
    return settings;
  }

  private static void requireMemory(MemoryEstimate replica, Machine machine) {
    long left = SparkSettings.room(machine) - Runtime.getRuntime().maxMemory();
    long needed = replica.total();
    if (needed > left) {
      throw UserError.of(
          "This machine has %,d MiB of memory for a replica beside this program's heap, but one of"
              + " this model needs %,d MiB: %s.",
          left >> 20,
          needed >> 20,
          SparkSettings.whatTakesLess(needed, left, replica.activations()));
    }
  }

  private StepBenchmark.Result measure(TrainConfig training) {
    try (Bar bar = Bar.start("measuring", StepBenchmark.totalSteps(steps), "steps")) {
      return measure(training, bar::to);
    }
  }

  private StepBenchmark.Result measure(TrainConfig training, IntConsumer progress) {
    return StepBenchmark.run(
        training.model(),
        training.batch(),
        training.context(),
        training.computeOptions(),
        steps,
        progress);
  }

  private static void print(TrainConfig training, StepBenchmark.Result result, PrintStream out) {
    out.printf(
        Locale.ROOT,
        "%,d parameters, %d sequences of %d tokens, kernels: %s%n",
        result.parameters(),
        training.batch(),
        training.context(),
        result.kernels());
    out.printf(
        Locale.ROOT,
        "step      %,.1f ms (median; shortest %,.1f, longest %,.1f), %,.0f tokens per second%n",
        1e3 * result.median(),
        1e3 * result.min(),
        1e3 * result.max(),
        result.tokensPerSecond());
    result
        .products()
        .ifPresent(
            seconds ->
                out.printf(
                    Locale.ROOT,
                    "products  %,.1f ms alone, %.1f %% of the step%n",
                    1e3 * seconds,
                    100 * result.productsShare().orElseThrow()));
    out.printf(
        Locale.ROOT,
        "peak      %,.0f GFLOP/s in %s, of which the step uses %.1f %%%n",
        1e-9 * result.peak(),
        result.peakDtype().name().toLowerCase(Locale.ROOT),
        100 * result.peakShare());
    out.printf(
        Locale.ROOT,
        "memory    %,.0f MiB for the replica; at most %,.0f MiB resident in the whole process%n",
        result.plannedBytes() / 1048576.0,
        result.peakResidentBytes() / 1048576.0);
    if (!result.operations().isEmpty()) {
      out.println("operations, per step:");
    }
    result
        .operations()
        .forEach(
            (name, seconds) -> out.printf(Locale.ROOT, "  %-26s %,9.2f ms%n", name, 1e3 * seconds));
  }

  private static Map<String, Object> toMap(TrainConfig training, StepBenchmark.Result result) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("parameters", result.parameters());
    object.put("batch", training.batch());
    object.put("context", training.context());
    object.put("kernels", result.kernels());
    object.put("step_ms", 1e3 * result.median());
    object.put("step_ms_min", 1e3 * result.min());
    object.put("step_ms_max", 1e3 * result.max());
    object.put("tokens_per_second", result.tokensPerSecond());
    result.products().ifPresent(seconds -> object.put("products_ms", 1e3 * seconds));
    result.productsShare().ifPresent(share -> object.put("products_share", share));
    object.put("flops_per_token", result.flopsPerToken());
    object.put("peak_gflops", 1e-9 * result.peak());
    object.put("peak_dtype", result.peakDtype().name().toLowerCase(Locale.ROOT));
    object.put("peak_share", result.peakShare());
    object.put("planned_native_bytes", result.plannedBytes());
    object.put("peak_resident_bytes", result.peakResidentBytes());
    Map<String, Double> operations = new LinkedHashMap<>();
    result.operations().forEach((name, seconds) -> operations.put(name, 1e3 * seconds));
    object.put("operations_ms", operations);
    return object;
  }
}
