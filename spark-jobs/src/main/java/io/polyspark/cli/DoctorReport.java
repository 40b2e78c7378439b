package io.polyspark.cli;

import static io.polyspark.cli.SparkSettings.mebibytes;

import io.polyspark.model.config.UserError;
import io.polyspark.model.device.DeviceSelection;
import io.polyspark.model.device.GraphicsCard;
import io.polyspark.model.device.NvidiaSmi;
import io.polyspark.model.dl4j.MemoryEstimate;
import io.polyspark.model.tensor.Device;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.model.transformer.Flops;
import io.polyspark.model.transformer.ParameterCounts;
import io.polyspark.preflight.Finding;
import io.polyspark.preflight.Preflight;
import io.polyspark.train.TrainConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.util.Utils;
import scala.Tuple2;
import scala.collection.JavaConverters;

/**
 * What is known of a training run on this machine before it starts.
 *
 * @param machine this one
 * @param processor the machine's
 * @param kernels what a replica in this JVM would compute with
 * @param selection where replicas compute, and why
 * @param cards what the driver says of the machine's GPUs
 * @param checks what the checks before a run found
 * @param training the run
 * @param parameters of its model
 * @param replica memory outside the heap of one replica
 * @param validationBytes memory outside the heap of the replica that validates
 * @param demand what the verb train asks of Spark
 * @param settings what it would start Spark with; empty where it would not
 * @param problem the sentence that it would end with; empty where it would start
 */
record DoctorReport(
    Machine machine,
    Processor processor,
    KernelsProvider.Choice kernels,
    DeviceSelection selection,
    NvidiaSmi cards,
    List<Finding> checks,
    TrainConfig training,
    ParameterCounts parameters,
    MemoryEstimate replica,
    long validationBytes,
    Demand demand,
    Map<String, String> settings,
    Optional<String> problem) {
  private static final List<String> SHOWN_SETTINGS =
      List.of(
          "spark.master",
          "spark.executor.cores",
          "spark.executor.memory",
          "spark.executor.memoryOverhead",
          "spark.executor.resource.gpu.amount",
          "spark.task.cpus",
          "spark.task.resource.gpu.amount",
          "spark.executor.extraJavaOptions");

  /**
   * Examines this machine and a run.
   *
   * @param data to be read; empty where there is none yet
   * @param output to be written; empty where it is not known yet
   */
  static DoctorReport of(TrainConfig asked, Optional<Path> data, Optional<Path> output) {
    Optional<String> problem = Optional.empty();
    DeviceSelection selection;
    try {
      selection = SparkRuntime.select(asked.device());
    } catch (UserError e) {
      // What was asked for cannot be had; what it would take is told all the same.
      problem = Optional.of(e.getMessage());
      Device wanted = asked.device() == DeviceSelection.Wanted.CUDA ? Device.CUDA : Device.CPU;
      selection = new DeviceSelection(wanted, "asked for", List.of());
    }
    TrainConfig training = asked.on(selection.device());
    Demand demand = Demand.ofTraining(training);
    Map<String, String> settings = Map.of();
    SparkConf conf = new SparkConf();
    try {
      conf = SparkRuntime.settings(training, selection);
      settings = shown(conf);
    } catch (UserError e) {
      problem = problem.or(() -> Optional.of(e.getMessage()));
    }
    NvidiaSmi cards = NvidiaSmi.ask();
    long replicaBytes = Demand.replicaOf(training).total() + Demand.validationBytes(training);
    List<Finding> checks =
        Preflight.ofDriver(
            conf, selection.device(), cards, replicaBytes, data, output, SparkRuntime.hadoop());
    return new DoctorReport(
        Machine.here(),
        Processor.here(),
        KernelsProvider.choice(training.dtype(), selection),
        selection,
        cards,
        checks,
        training,
        ParameterCounts.of(training.model()),
        Demand.replicaOf(training),
        Demand.validationBytes(training),
        demand,
        settings,
        problem.or(() -> Finding.firstFailure(checks).map(Finding::text)));
  }

  /** As Spark's own pages show them: an option may hold a password. */
  private static Map<String, String> shown(SparkConf conf) {
    List<Tuple2<String, String>> shown =
        SHOWN_SETTINGS.stream()
            .filter(conf::contains)
            .map(key -> new Tuple2<>(key, conf.get(key)))
            .toList();
    Map<String, String> settings = new TreeMap<>();
    JavaConverters.seqAsJavaList(Utils.redact(conf, JavaConverters.asScalaBuffer(shown)))
        .forEach(setting -> settings.put(setting._1(), setting._2()));
    return settings;
  }

  /** As a JSON object, keys in snake case, memory in bytes. */
  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("machine", machineMap());
    map.put("device", deviceMap());
    map.put("kernels", kernelsMap());
    map.put("gpus", cards.cards().stream().map(DoctorReport::cardMap).toList());
    map.put("checks", checks.stream().map(DoctorReport::checkMap).toList());
    map.put("model", modelMap());
    map.put("replica_bytes", replicaMap());
    map.put("executor_heap_bytes", demand.heapBytes());
    map.put("executor_more_heap_bytes", demand.moreHeapBytes());
    map.put("driver_heap_bytes", demand.driverHeapBytes());
    map.put("spark", settings);
    map.put("fits", problem.isEmpty());
    problem.ifPresent(sentence -> map.put("problem", sentence));
    return map;
  }

  private Map<String, Object> machineMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("cores", machine.cores());
    map.put("memory_bytes", machine.memory());
    map.put("processor", processor.name());
    processor.vectorBits().ifPresent(bits -> map.put("vector_bits", bits));
    map.put("jdk", jdk());
    return map;
  }

  private static String jdk() {
    return System.getProperty("java.version") + ", " + System.getProperty("java.vendor");
  }

  private Map<String, Object> deviceMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", deviceName());
    map.put("reason", selection.reason());
    return map;
  }

  private String deviceName() {
    return selection.device().name().toLowerCase(Locale.ROOT);
  }

  private Map<String, Object> kernelsMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", kernels.kernels());
    map.put("reason", kernels.reason());
    map.put("blas_core", kernels.blasCore());
    map.put("nd4j_backend", kernels.backend());
    return map;
  }

  private static Map<String, Object> cardMap(GraphicsCard card) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("index", card.index());
    map.put("name", card.name());
    map.put("driver", card.driver());
    card.memory().ifPresent(bytes -> map.put("memory_bytes", bytes));
    map.put("compute_capability", card.capability().toString());
    map.put("runs_our_kernels", card.runsOurKernels());
    map.put("runs_nd4j", card.runsNd4j());
    return map;
  }

  private static Map<String, Object> checkMap(Finding finding) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", finding.check());
    map.put("level", finding.level().toString());
    map.put("text", finding.text());
    return map;
  }

  private Map<String, Object> modelMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("parameters", parameters.total());
    map.put("parameters_without_embedding", parameters.withoutEmbedding());
    map.put("active_parameters", parameters.active());
    map.put("flops_per_token", flopsPerToken());
    return map;
  }

  private long flopsPerToken() {
    return Flops.perToken(training.model(), training.context());
  }

  private Map<String, Object> replicaMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("parameters", replica.parameters());
    map.put("gradients", replica.gradients());
    map.put("moments", replica.moments());
    map.put("kept_activations", replica.keptActivations());
    map.put("shared_activations", replica.sharedActivations());
    map.put("scratch", replica.scratch());
    map.put("total", replica.total());
    map.put("validation", validationBytes);
    return map;
  }

  /** For people. */
  String toText() {
    StringBuilder text = new StringBuilder();
    machineLines(text);
    modelLines(text);
    memoryLines(text);
    settings.forEach((key, value) -> line(text, "", "%s = %s", key, value));
    String heading = "checks";
    for (Finding check : checks) {
      line(text, heading, "%-5s%-8s%s", check.level(), check.check(), check.text());
      heading = "";
    }
    if (problem.isEmpty()) {
      line(text, "verdict", "it fits: %s", verdict());
    }
    return text.toString();
  }

  private String verdict() {
    int replicas = training.replicas().max();
    int atATime =
        SparkSettings.executors(settings.getOrDefault("spark.master", "")).orElse(replicas);
    if (replicas == 1) {
      return "one replica";
    }
    return atATime < replicas
        ? training.replicas() + " replicas, " + atATime + " at a time"
        : training.replicas() + " replicas side by side";
  }

  private void machineLines(StringBuilder text) {
    line(text, "machine", "%d cores, %s of memory", machine.cores(), mebibytes(machine.memory()));
    line(text, "processor", "%s%s", processor.name(), vectors());
    line(text, "jdk", "%s", jdk());
    line(text, "device", "%s: %s", deviceName(), selection.reason());
    line(text, "kernels", "%s: %s", kernels.kernels(), kernels.reason());
    line(text, "blas", "core type %s", kernels.blasCore());
    line(text, "nd4j", "%s", kernels.backend());
  }

  private String vectors() {
    return processor.vectorBits().isEmpty()
        ? ""
        : ", vectors of " + processor.vectorBits().getAsInt() + " bits";
  }

  private void modelLines(StringBuilder text) {
    line(
        text,
        "model",
        "%,d parameters, %,d without the embedding table%s",
        parameters.total(),
        parameters.withoutEmbedding(),
        training.model().isMixtureOfExperts()
            ? String.format(Locale.ROOT, ", %,d active per token", parameters.active())
            : "");
    line(text, "", "%,d FLOPs per token of training", flopsPerToken());
  }

  private void memoryLines(StringBuilder text) {
    line(
        text,
        "replica",
        "%s %s (batch %d, context %d), of which",
        mebibytes(replica.total()),
        onGpu() ? "of its GPU's memory" : "outside the heap",
        training.batch(),
        training.context());
    part(text, "parameters", replica.parameters());
    part(text, "gradients", replica.gradients());
    part(text, "AdamW's moments", replica.moments());
    part(text, "activations kept for the backward pass", replica.keptActivations());
    part(text, "activations that layers share", replica.sharedActivations());
    part(text, "the kernels' scratch", replica.scratch());
    line(
        text,
        "executor",
        "%s of heap%s, %s outside it%s, %s for the JVM",
        mebibytes(demand.heapBytes()),
        demand.moreHeapBytes() == 0
            ? ""
            : " (with " + mebibytes(demand.moreHeapBytes()) + " more, nothing goes through disk)",
        mebibytes(demand.nativeBytes()),
        validationBytes == 0 || onGpu()
            ? ""
            : " with " + mebibytes(validationBytes) + " to validate",
        mebibytes(SparkSettings.JVM_BYTES));
    line(text, "driver", "%s of heap", mebibytes(demand.driverHeapBytes()));
  }

  private boolean onGpu() {
    return selection.device() == Device.CUDA;
  }

  private static void part(StringBuilder text, String name, long bytes) {
    line(text, "", "%11s  %s", mebibytes(bytes), name);
  }

  private static void line(StringBuilder text, String name, String format, Object... values) {
    text.append(String.format(Locale.ROOT, "%-11s", name))
        .append(String.format(Locale.ROOT, format, values))
        .append('\n');
  }
}
