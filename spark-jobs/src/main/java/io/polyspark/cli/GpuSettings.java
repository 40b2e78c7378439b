package io.polyspark.cli;

import io.polyspark.model.config.UserError;
import io.polyspark.model.device.Nd4jBackend;
import org.apache.spark.SparkConf;

/**
 * Asks Spark for GPUs, one for each replica, where the back end computes on them or the user has
 * asked for some.
 */
final class GpuSettings {
  /** GPUs of an executor. */
  static final String OF_EXECUTOR = "spark.executor.resource.gpu.amount";

  /** GPUs of a task. */
  static final String OF_TASK = "spark.task.resource.gpu.amount";

  private static final String VENDOR = "spark.executor.resource.gpu.vendor";

  /** Spark's workers do not look for GPUs unless told how. */
  private static final String OF_WORKER = "spark.worker.resource.gpu.amount";

  private GpuSettings() {}

  /**
   * Adds to the settings what replicas on GPUs need.
   *
   * @throws UserError if the master would wait forever for GPUs, as Spark does where it knows of
   *     none
   */
  static void ask(SparkConf conf, Nd4jBackend backend) {
    String master = conf.get("spark.master");
    boolean inDriver = master.startsWith("local") && !master.startsWith("local-cluster");
    if (inDriver) {
      if (conf.contains(OF_TASK) || conf.contains(OF_EXECUTOR)) {
        throw UserError.of(
            "The master %s hands out no GPUs: leave out %s and %s, or take --master"
                + " 'local-cluster[1,CORES,MEGABYTES]'.",
            master, OF_EXECUTOR, OF_TASK);
      }
      return;
    }
    if (backend == Nd4jBackend.CPU && !conf.contains(OF_EXECUTOR)) {
      return;
    }
    conf.setIfMissing(OF_EXECUTOR, "1");
    conf.setIfMissing(OF_TASK, "1");
    // Spark's addresses are those of nvidia-smi; CUDA by itself counts the fastest card first.
    conf.setIfMissing("spark.executorEnv.CUDA_DEVICE_ORDER", "PCI_BUS_ID");
    if (master.startsWith("k8s")) {
      conf.setIfMissing(VENDOR, "nvidia.com");
    }
    if (master.startsWith("local-cluster") && !conf.contains(OF_WORKER)) {
      throw UserError.of(
          "The workers of %s know of no GPUs: add --conf %s=%s --conf"
              + " spark.worker.resource.gpu.discoveryScript=FILE, a program that prints them.",
          master, OF_WORKER, conf.get(OF_EXECUTOR));
    }
  }

  /** How many replicas an executor's GPUs are for; 1 where it has none. */
  static int replicasPerExecutor(SparkConf conf) {
    return conf.contains(OF_EXECUTOR)
        ? Math.max(1, (int) (conf.getInt(OF_EXECUTOR, 1) / conf.getDouble(OF_TASK, 1)))
        : 1;
  }
}
