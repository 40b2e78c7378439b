package io.polyspark.cli;

import io.polyspark.model.config.UserError;
import io.polyspark.model.device.DeviceSelection;
import io.polyspark.model.tensor.Device;
import java.util.stream.Collectors;
import org.apache.spark.SparkConf;

/**
 * Asks Spark for GPUs, one for each replica, where replicas compute on them or the user has asked
 * for some.
 */
final class GpuSettings {
  /** GPUs of an executor. */
  static final String OF_EXECUTOR = "spark.executor.resource.gpu.amount";

  /** GPUs of a task. */
  static final String OF_TASK = "spark.task.resource.gpu.amount";

  private static final String VENDOR = "spark.executor.resource.gpu.vendor";

  /** Spark's workers do not look for GPUs unless told how. */
  private static final String OF_WORKER = "spark.worker.resource.gpu.amount";

  /** The GPUs that this machine's only worker hands out: see {@link WorkerCards}. */
  static final String CARDS = "spark.polyspark.gpus";

  private GpuSettings() {}

  /**
   * Adds to the settings what replicas on GPUs need.
   *
   * @param selection what they compute on
   * @param replicas how many run side by side
   * @throws UserError if the master would wait forever for GPUs, as Spark does where it knows of
   *     none
   */
  static void ask(SparkConf conf, DeviceSelection selection, int replicas) {
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
    boolean onGpu = selection.device() == Device.CUDA;
    if (!onGpu && !conf.contains(OF_EXECUTOR)) {
      return;
    }
    boolean handsOut = canHandOut(conf, selection);
    if (handsOut) {
      requireAsMany(conf, selection.cards().size());
    }
    int most = handsOut ? Math.max(1, Math.min(replicas, selection.cards().size())) : 1;
    conf.setIfMissing(OF_EXECUTOR, Integer.toString(most));
    conf.setIfMissing(OF_TASK, "1");
    // Spark's addresses are those of nvidia-smi; CUDA by itself counts the fastest card first.
    conf.setIfMissing("spark.executorEnv.CUDA_DEVICE_ORDER", "PCI_BUS_ID");
    if (master.startsWith("k8s")) {
      conf.setIfMissing(VENDOR, "nvidia.com");
    }
    if (handsOut) {
      conf.set(OF_WORKER, Integer.toString(selection.cards().size()));
      conf.set(
          CARDS,
          selection.cards().stream()
              .map(card -> Integer.toString(card.index()))
              .collect(Collectors.joining(",")));
    }
    if (master.startsWith("local-cluster") && !conf.contains(OF_WORKER)) {
      throw UserError.of(
          "The workers of %s know of no GPUs: add --conf %s=%s --conf"
              + " spark.worker.resource.gpu.discoveryScript=FILE, a program that prints them.",
          master, OF_WORKER, conf.get(OF_EXECUTOR));
    }
  }

  /**
   * Whether this machine's cards can be handed out without the user's help: to the only worker of
   * it. Several workers would all hand out the first.
   */
  private static boolean canHandOut(SparkConf conf, DeviceSelection selection) {
    return !selection.cards().isEmpty()
        && !conf.contains(OF_WORKER)
        && SparkSettings.executors(conf.get("spark.master")).orElse(0) == 1;
  }

  private static void requireAsMany(SparkConf conf, int cards) {
    int asked = conf.getInt(OF_EXECUTOR, 1);
    if (asked > cards) {
      throw UserError.of(
          "%s=%d, but %d of this machine's GPUs would compute: ask for at most as many, or leave the"
              + " setting out.",
          OF_EXECUTOR, asked, cards);
    }
  }

  /**
   * Where replicas will compute that a master is asked for, before it is known what on.
   *
   * @param conf as the user has set it
   */
  static DeviceSelection.Site site(SparkConf conf) {
    String master = conf.get("spark.master", "local");
    boolean asked = conf.contains(OF_EXECUTOR) || conf.contains(OF_WORKER);
    if (!master.startsWith("local")) {
      return asked ? DeviceSelection.Site.EXECUTORS_WITH_GPUS : DeviceSelection.Site.EXECUTORS;
    }
    // Of several workers none would know which cards of the machine are its own.
    return asked || SparkSettings.executors(master).orElse(1) == 1
        ? DeviceSelection.Site.THIS_MACHINE
        : DeviceSelection.Site.EXECUTORS;
  }

  /** How many replicas an executor's GPUs are for; 1 where it has none. */
  static int replicasPerExecutor(SparkConf conf) {
    return conf.contains(OF_EXECUTOR)
        ? Math.max(1, (int) (conf.getInt(OF_EXECUTOR, 1) / conf.getDouble(OF_TASK, 1)))
        : 1;
  }
}
