package io.polyspark.preflight;

import io.polyspark.model.device.Nd4jBackend;
import io.polyspark.model.device.NvidiaSmi;
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
   * @param cards the machine's GPUs
   * @param replicaBytes what a replica takes, and what it validates with, where it computes
   * @param data to be read; empty where there is none yet
   * @param output to be written; empty where it is not known yet
   * @param hadoop for file systems
   */
  public static List<Finding> ofDriver(
      SparkConf conf,
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
    if (here && Nd4jBackend.here() == Nd4jBackend.CUDA) {
      checks.add(GpuChecks::libraries);
    }
    GpuChecks gpus = new GpuChecks(Nd4jBackend.here(), cards, replicaBytes, here);
    return Stream.concat(checks.stream().map(Check::run), gpus.run().stream()).toList();
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
    if (backend == Nd4jBackend.CPU) {
      checks.add(JvmChecks::vectorModule);
      checks.add(() -> MemoryChecks.outsideTheHeap(needs.replicaBytes()));
    } else {
      checks.add(GpuChecks::libraries);
    }
    checks.add(() -> JvmChecks.blasThreads(System.getenv("OMP_NUM_THREADS"), needs.cores()));
    checks.add(VersionChecks::spark);
    checks.add(VersionChecks::hadoop);
    checks.add(() -> FileSystemChecks.readable("data", needs.data(), needs.hadoop()));
    if (backend == Nd4jBackend.CPU && !needs.gpus().isEmpty()) {
      checks.add(() -> GpuChecks.idle(needs.gpus()));
    }
    NvidiaSmi cards = NvidiaSmi.ask().only(needs.gpus());
    GpuChecks gpus = new GpuChecks(backend, cards, needs.replicaBytes(), true);
    return Stream.concat(checks.stream().map(Check::run), gpus.run().stream()).toList();
  }
}
