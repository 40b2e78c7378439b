package io.polyspark.cli;

import io.polyspark.model.config.UserError;
import io.polyspark.model.device.CudaRequirements;
import io.polyspark.model.device.DeviceSelection;
import io.polyspark.model.device.GraphicsCard;
import io.polyspark.model.tensor.Device;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.terminal.Bar;
import io.polyspark.train.TrainConfig;
import java.io.File;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.deploy.SparkHadoopUtil;

/** Starts Spark for a verb. */
final class SparkRuntime {
  private SparkRuntime() {}

  /** Starts Spark with settings that fit, for tasks on CPUs; the caller closes it. */
  static JavaSparkContext start(Demand demand) {
    return start(demand, onCpus());
  }

  /** As the other, for tasks that compute on a device. */
  static JavaSparkContext start(Demand demand, DeviceSelection selection) {
    return start(settings(demand, selection));
  }

  /** What a verb asks Spark for that leaves the device to ND4J's back end. */
  private static DeviceSelection onCpus() {
    return new DeviceSelection(Device.CPU, "the verb asks for no GPU", List.of());
  }

  /**
   * What computes, by what is asked for and what there is: on this machine, or in the executors
   * that Spark's settings speak of.
   *
   * @throws UserError if it cannot be had
   */
  static DeviceSelection select(DeviceSelection.Wanted wanted) {
    return DeviceSelection.of(wanted, GpuSettings.site(new SparkConf()));
  }

  /**
   * The settings that Spark would start with.
   *
   * @throws UserError if the demand needs more memory than there is, saying how much
   */
  private static SparkConf settings(Demand demand, DeviceSelection selection) {
    Machine machine = Machine.here();
    SparkConf conf = SparkSettings.fit(new SparkConf(), demand, machine, selection);
    requireDriverHeap(demand, Runtime.getRuntime().maxMemory(), machine);
    return conf;
  }

  /**
   * The settings that Spark would start with to train.
   *
   * @param training on the device that was selected
   * @throws UserError as the other; and if the executors' machine, where it is this one, has no GPU
   *     for a back end that needs one, has one with too little memory, or has a processor that
   *     cannot multiply what the run's products read
   */
  static SparkConf settings(TrainConfig training, DeviceSelection selection) {
    return settings(List.of(training), Demand.ofTraining(training), selection);
  }

  /** As the other, for several runs. */
  static SparkConf settings(List<TrainConfig> runs, Demand demand, DeviceSelection selection) {
    boolean here = new SparkConf().get("spark.master", "local").startsWith("local");
    if (here) {
      CudaRequirements.require();
      runs.forEach(
          run ->
              requireCardMemory(
                  Demand.replicaOf(run).total() + Demand.validationBytes(run), selection));
    }
    SparkConf conf = settings(demand, selection);
    for (Dtype dtype : Dtype.values()) {
      // What a GPU multiplies, and what none but a GPU does, is known without the executors.
      boolean known = here || dtype == Dtype.TF32;
      if (known && runs.stream().anyMatch(run -> run.dtype() == dtype)) {
        KernelsProvider.requireProducts(dtype, selection.device());
      }
    }
    return conf;
  }

  /**
   * The largest of this machine's cards must have room for a replica.
   *
   * @param needed bytes of it, with what works beside it
   * @throws UserError if none has
   */
  static void requireCardMemory(long needed, DeviceSelection selection) {
    selection.cards().stream()
        .max(Comparator.comparingLong((GraphicsCard card) -> card.memory().orElse(Long.MAX_VALUE)))
        .flatMap(card -> CudaRequirements.here().memory(card, needed))
        .ifPresent(
            problem -> {
              throw new UserError(problem);
            });
  }

  /**
   * Starts Spark with {@link #settings}; the caller closes it.
   *
   * @throws UserError if a standalone cluster is not there or does not take us
   */
  static JavaSparkContext start(SparkConf conf) {
    StandaloneMaster.shareSecret(conf);
    StandaloneMaster.requireAnswer(conf);
    WorkerCards.tell(conf);
    if (conf.get("spark.master").startsWith("local-cluster")) {
      useJarInPlace(conf);
    }
    JavaSparkContext spark = Bar.during("starting Spark", () -> new JavaSparkContext(conf));
    ExecutorWatch.over(spark);
    return spark;
  }

  /**
   * A driver's heap is as large as when it started.
   *
   * @throws UserError if the model needs more, saying how much
   */
  static void requireDriverHeap(Demand demand, long heap, Machine machine) {
    // A JVM has a little less to use than it was given.
    if (heap >= demand.driverHeapBytes() * 9 / 10) {
      return;
    }
    if (demand.driverHeapBytes() > SparkSettings.room(machine)) {
      throw UserError.of(
          "The driver needs %,d MiB of heap for this model, but its machine has %,d MiB of memory:"
              + " take a smaller model (fewer layers or experts), or run the driver on a larger"
              + " machine.",
          demand.driverHeapBytes() >> 20, machine.memory() >> 20);
    }
    throw UserError.of(
        "The driver has %,d MiB of heap, but this model needs %,d MiB: use --driver-memory %dm.",
        heap >> 20, demand.driverHeapBytes() >> 20, (demand.driverHeapBytes() >> 20) + 1);
  }

  /** Hadoop's configuration as Spark will have it, for what is checked before Spark starts. */
  static Configuration hadoop() {
    return SparkHadoopUtil.get().newConfiguration(new SparkConf());
  }

  /**
   * Lets this JVM take native memory up to what the machine has left, where the user has not said
   * otherwise; must run before anything of JavaCPP is loaded, which reads its limits then.
   */
  static void limitNativeMemory() {
    Machine machine = Machine.here();
    long heap = Math.min(machine.memory(), Runtime.getRuntime().maxMemory());
    setIfMissing("org.bytedeco.javacpp.maxbytes", Long.toString(machine.memory() - heap / 2));
    setIfMissing("org.bytedeco.javacpp.maxphysicalbytes", "0");
    // Else it warns on the terminal that ND4J's libraries are older than it.
    setIfMissing("org.bytedeco.javacpp.logger", "slf4j");
  }

  /**
   * Executors on this machine read the jar where it lies, instead of fetching a copy of its hundred
   * megabytes each, in each run.
   */
  private static void useJarInPlace(SparkConf conf) {
    Path jar = jar();
    if (!jar.toString().endsWith(".jar")) {
      return;
    }
    String others =
        Arrays.stream(conf.get("spark.jars", "").split(","))
            .filter(name -> !name.isBlank() && !sameFile(name, jar))
            .collect(Collectors.joining(","));
    if (others.isEmpty()) {
      conf.remove("spark.jars");
    } else {
      conf.set("spark.jars", others);
    }
    String given = conf.get("spark.executor.extraClassPath", "");
    conf.set(
        "spark.executor.extraClassPath",
        given.isEmpty() ? jar.toString() : given + File.pathSeparator + jar);
  }

  private static Path jar() {
    try {
      return Path.of(
          SparkRuntime.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean sameFile(String name, Path jar) {
    try {
      String path = new URI(name).getPath();
      return path != null && Path.of(path).equals(jar);
    } catch (URISyntaxException e) {
      return Path.of(name).equals(jar);
    }
  }

  private static void setIfMissing(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}
