package io.polyspark.preflight;

import io.polyspark.model.device.Nd4jBackend;
import io.polyspark.model.device.NvidiaSmi;
import io.polyspark.model.tensor.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;

/** The checks before a run, in the order in which they are shown. */
public final class Preflight {
  private static final String BLAS_THREADS = "spark.executorEnv.OMP_NUM_THREADS";

  private Preflight() {}

  /**
   * Checks of the driver's machine, before Spark starts.
   *
   * @param conf what Spark would start with
   * @param device what replicas compute on
   * @param cards the machine's GPUs
   * @param replicaBytes what a replica takes, and what it validates with, where it computes
   * @param data to be read; empty where there is none yet
   * @param output to be written; empty where it is not known yet
   * @param hadoop for file systems
   */
  public static List<Finding> ofDriver(
      SparkConf conf,
      Device device,
      NvidiaSmi cards,
      long replicaBytes,
      Optional<Path> data,
      Optional<Path> output,
      Configuration hadoop) {
    List<Check> checks = new ArrayList<>();
    checks.add(JvmChecks::java);
    checks.add(JvmChecks::vectorModule);
    if (conf.contains(BLAS_THREADS)) {
      checks.add(
          () -> JvmChecks.blasThreads(conf.get(BLAS_THREADS), conf.getInt("spark.task.cpus", 1)));
    }
    checks.add(VersionChecks::spark);
    checks.add(VersionChecks::hadoop);
    data.ifPresent(path -> checks.add(() -> FileSystemChecks.readable("data", path, hadoop)));
    output.ifPresent(path -> checks.add(() -> FileSystemChecks.writable("output", path, hadoop)));
    checks.add(() -> PortChecks.free(conf));
    boolean here = conf.get("spark.master", "").startsWith("local");
    GpuChecks gpus = new GpuChecks(Nd4jBackend.here(), device, cards, replicaBytes, here);
    return all(checks, gpus);
  }

  /**
   * Checks of an executor, in it.
   *
   * @param needs what it will be asked for
   */
  static List<Finding> ofExecutor(ExecutorNeeds needs) {
    Nd4jBackend backend = Nd4jBackend.here();
    List<Check> checks = new ArrayList<>();
    checks.add(JvmChecks::java);
    NvidiaSmi cards = NvidiaSmi.ask().visible().only(needs.gpus());
    GpuChecks gpus = new GpuChecks(backend, needs.device(), cards, needs.replicaBytes(), true);
    if (needs.device() == Device.CPU && backend == Nd4jBackend.CPU) {
      checks.add(JvmChecks::vectorModule);
      checks.add(() -> MemoryChecks.outsideTheHeap(needs.replicaBytes()));
    }
    checks.add(() -> JvmChecks.blasThreads(System.getenv("OMP_NUM_THREADS"), needs.cores()));
    checks.add(VersionChecks::spark);
    checks.add(VersionChecks::hadoop);
    checks.add(() -> FileSystemChecks.readable("data", needs.data(), needs.hadoop()));
    if (!gpus.compute() && !needs.gpus().isEmpty()) {
      checks.add(() -> GpuChecks.idle(needs.gpus()));
    }
    return all(checks, gpus);
  }

  /** Libraries come last: what a card lacks no library makes up for. */
  private static List<Finding> all(List<Check> checks, GpuChecks gpus) {
    Stream<Finding> libraries =
        gpus.compute() && gpus.computesHere() ? Stream.of(gpus.libraries()) : Stream.empty();
    return Stream.of(checks.stream().map(Check::run), gpus.run().stream(), libraries)
        .flatMap(found -> found)
        .toList();
  }
}
