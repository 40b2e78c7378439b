package io.polyspark.cli;

import io.polyspark.model.config.UserError;
import io.polyspark.model.device.DeviceSelection;
import io.polyspark.model.tensor.Device;
import io.polyspark.terminal.IgnoreInterrupts;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.apache.spark.network.util.JavaUtils;

/**
 * Fits Spark's settings to a verb, where the user has not set them: the master, the executors'
 * memory on and off the heap, and their threads. A pure function of what was given.
 *
 * <p>An executor's memory is its heap ({@code spark.executor.memory}), the native memory of the
 * replicas (bounded by JavaCPP's {@code maxbytes}) and the JVM itself. Under {@code
 * local-cluster[n,c,m]} the three together fit m; on YARN and Kubernetes, which count what is
 * outside the heap, {@code spark.executor.memoryOverhead} makes room for the other two. JavaCPP's
 * second limit, {@code maxphysicalbytes}, is off: it would count files that libraries map.
 */
final class SparkSettings {
  /** Set by submit/polyspark where the user named no master. */
  static final String CHOOSE_MASTER = "spark.polyspark.chooseMaster";

  /** Code, class metadata and thread stacks of an executor's JVM. */
  static final long JVM_BYTES = 192L << 20;

  private static final long MEBIBYTE = 1L << 20;
  private static final long DEFAULT_HEAP = 1L << 30;
  private static final String HEAP = "spark.executor.memory";
  private static final String OVERHEAD = "spark.executor.memoryOverhead";
  private static final String EXECUTOR_CORES = "spark.executor.cores";
  private static final String TASK_CPUS = "spark.task.cpus";
  private static final String EXECUTOR_OPTIONS = "spark.executor.extraJavaOptions";
  private static final String PLUGINS = "spark.plugins";
  private static final String MOST_NATIVE = "org.bytedeco.javacpp.maxbytes";
  private static final String MOST_PHYSICAL = "org.bytedeco.javacpp.maxphysicalbytes";

  /** Without it replicas compute by ND4J's own operations, more slowly. */
  private static final String VECTOR_MODULE = "jdk.incubator.vector";

  /** What chooses a garbage collector. */
  private static final String ANY_COLLECTOR = "-XX:[+]Use\\w+GC";

  private static final Pattern LOCAL_THREADS = Pattern.compile("local\\[(\\d+)(?:,.*)?]");
  private static final Pattern LOCAL_CLUSTER =
      Pattern.compile("local-cluster\\[\\s*(\\d+)\\s*,\\s*(\\d+)\\s*,\\s*(\\d+)\\s*]");

  private final SparkConf conf;
  private final Demand demand;
  private final Machine machine;
  private final DeviceSelection selection;
  private int tasksPerExecutor = 1;

  private SparkSettings(SparkConf conf, Demand demand, Machine machine, DeviceSelection selection) {
    this.conf = conf;
    this.demand = demand;
    this.machine = machine;
    this.selection = selection;
  }

  /**
   * The settings to start Spark with.
   *
   * @param given what spark-submit and the user have set; not changed
   * @throws UserError if the model needs more memory than there is, saying how much
   */
  static SparkConf fit(SparkConf given, Demand demand, Machine machine) {
    return fit(
        given,
        demand,
        machine,
        new DeviceSelection(Device.CPU, "nothing else was asked for", List.of()));
  }

  /**
   * As the other, for tasks that may compute on GPUs.
   *
   * @param selection what they compute on
   */
  static SparkConf fit(SparkConf given, Demand demand, Machine machine, DeviceSelection selection) {
    SparkSettings settings = new SparkSettings(given.clone(), demand, machine, selection);
    settings.fit();
    return settings.conf;
  }

  private void fit() {
    conf.setIfMissing("spark.app.name", "polyspark " + demand.verb());
    // The names of its metrics would begin with the application's number.
    conf.setIfMissing("spark.metrics.namespace", "polyspark");
    // JobProgress and ProgressLine have the terminal's last line.
    conf.setIfMissing("spark.ui.showConsoleProgress", "false");
    chooseMaster();
    if (demand.replicas() > 0) {
      sendAsItIs();
      waitForHdfs();
    }
    if (demand.replicas() > 0 || onGpu()) {
      GpuSettings.ask(conf, selection, demand.replicas());
    }
    String master = conf.get("spark.master");
    Matcher cluster = LOCAL_CLUSTER.matcher(master);
    long most;
    if (cluster.matches()) {
      String plugins = conf.get(PLUGINS, "");
      String ours = IgnoreInterrupts.class.getName();
      conf.set(PLUGINS, plugins.isEmpty() ? ours : plugins + "," + ours);
      fitCores(Integer.parseInt(cluster.group(2)));
      most = fitWorker(master, Long.parseLong(cluster.group(3)) * MEBIBYTE);
    } else if (master.startsWith("local")) {
      // Counts of tasks come with it; there is no network to spare.
      conf.setIfMissing("spark.executor.heartbeatInterval", "1s");
      most = fitDriver();
    } else {
      if (demand.replicas() > 0 && master.startsWith("spark:")) {
        fitStandalone();
      }
      fitCores(conf.getInt(EXECUTOR_CORES, 1));
      fitHeap();
      boolean countsAll = master.startsWith("yarn") || master.startsWith("k8s");
      most = countsAll ? fitContainer() : nativeNeed();
    }
    option(MOST_NATIVE + "=", "-D" + MOST_NATIVE + "=" + most / MEBIBYTE + "m");
    option(MOST_PHYSICAL + "=", "-D" + MOST_PHYSICAL + "=0");
    option(VECTOR_MODULE, "--add-modules=" + VECTOR_MODULE);
    // Vectors travel as arrays of megabytes, which G1 handles one by one, as too large for its
    // regions.
    option(ANY_COLLECTOR, "-XX:+UseParallelGC");
  }

  /**
   * What replicas send and get are float32 vectors, which compress by 2 %: on all but the slowest
   * networks that costs more time than it saves. CRC32 is an instruction, Spark's Adler-32 is not.
   */
  private void sendAsItIs() {
    conf.setIfMissing("spark.shuffle.compress", "false");
    conf.setIfMissing("spark.broadcast.compress", "false");
    conf.setIfMissing("spark.shuffle.checksum.algorithm", "CRC32");
    // Chunks that went through the disk are read, not mapped: who counts a container's resident
    // memory counts mapped files.
    conf.setIfMissing("spark.storage.memoryMapThreshold", "1g");
  }

  /**
   * A run outlives a name node that starts again: its clients wait about two minutes for one that
   * is not there, since both the connection and each call over it are tried six times. Hadoop's own
   * default is to give up after ten seconds.
   */
  private void waitForHdfs() {
    conf.setIfMissing("spark.hadoop.dfs.client.retry.policy.enabled", "true");
    conf.setIfMissing("spark.hadoop.dfs.client.retry.policy.spec", "2000,6");
  }

  /** Replicas get processes of their own on this machine; other verbs run in the driver. */
  private void chooseMaster() {
    boolean open = conf.getBoolean(CHOOSE_MASTER, false) || !conf.contains("spark.master");
    if (!open || !conf.get("spark.master", "local[*]").equals("local[*]")) {
      return;
    }
    if (demand.replicas() == 0) {
      // Tasks side by side would share the one card that this process computes on.
      conf.set("spark.master", onGpu() ? "local[1]" : "local[*]");
      return;
    }
    // The workers of a cluster on one machine would all hand out its first GPU.
    int executors = onGpu() ? 1 : Math.min(demand.replicas(), machine.cores());
    int cores = Math.max(1, machine.cores() / executors);
    tasksPerExecutor =
        Math.max(
            GpuSettings.replicasPerExecutor(conf),
            Math.min(demand.replicas(), selection.cards().size()));
    long need = demand.heapBytes() + nativeNeed() + JVM_BYTES;
    requireRoom(executors, need);
    // What the replica needs, and as much again up to half of the machine's memory, shared.
    long share = machine.memory() / 2 / executors;
    long memory = Math.max(need, Math.min(2 * (need + demand.moreHeapBytes()), share));
    conf.set(
        "spark.master",
        String.format(
            Locale.ROOT, "local-cluster[%d,%d,%d]", executors, cores, memory / MEBIBYTE + 1));
  }

  private boolean onGpu() {
    return selection.device() == Device.CUDA;
  }

  /**
   * How many executors, each with one replica, a master on this machine starts; empty elsewhere.
   */
  static OptionalInt executors(String master) {
    Matcher cluster = LOCAL_CLUSTER.matcher(master);
    return cluster.matches()
        ? OptionalInt.of(Integer.parseInt(cluster.group(1)))
        : OptionalInt.empty();
  }

  /** What a machine has for our processes: a tenth is left to the rest. */
  static long room(Machine machine) {
    return machine.memory() / 10 * 9;
  }

  /**
   * The driver runs on this machine too.
   *
   * @param need of one executor
   */
  private void requireRoom(int executors, long need) {
    long driver = demand.driverHeapBytes() + JVM_BYTES;
    long room = room(machine) - driver;
    if (executors * need <= room) {
      return;
    }
    if (need <= room) {
      long atATime = room / need;
      boolean aSmallerBatchMayDo = executors * (need - demand.batchBytes()) <= room;
      throw UserError.of(
          "This machine has %s of memory, but %d replicas of this model need %s each and the driver"
              + " %s: train fewer at a time with -- --master 'local-cluster[%d,%d,%d]',%s or give a"
              + " --master with more memory.",
          mebibytes(machine.memory()),
          executors,
          mebibytes(need),
          mebibytes(driver),
          atATime,
          Math.max(1, machine.cores() / atATime),
          need / MEBIBYTE + 1,
          aSmallerBatchMayDo
              ? " take a smaller batch or context, or recompute: mlp or block (a batch takes "
                  + mebibytes(demand.batchBytes())
                  + " of each),"
              : "");
    }
    throw UserError.of(
        "This machine has %s of memory, but one replica of this model needs %s (%s of heap, %s"
            + " outside it) and the driver %s: %s, or give a --master with more memory.",
        mebibytes(machine.memory()),
        mebibytes(need),
        mebibytes(demand.heapBytes()),
        mebibytes(need - demand.heapBytes()),
        mebibytes(driver),
        whatTakesLess(need, room, demand.batchBytes()));
  }

  /** Sends nobody to a smaller batch whom the parameters alone will send back. */
  static String whatTakesLess(long need, long room, long batchBytes) {
    String batch = mebibytes(batchBytes);
    return need - batchBytes > room
        ? "take a smaller model (fewer layers or experts), since a smaller batch or context, or"
            + " recompute: mlp or block, can save no more than "
            + batch
        : "take a smaller batch or context, or recompute: mlp or block (a batch takes "
            + batch
            + " of it), or a smaller model (fewer layers or experts)";
  }

  /** A standalone cluster would give an executor all cores of its worker. */
  private void fitStandalone() {
    conf.setIfMissing(EXECUTOR_CORES, "1");
    long cores = (long) demand.replicas() * conf.getInt(EXECUTOR_CORES, 1);
    conf.setIfMissing("spark.cores.max", Long.toString(cores));
  }

  /** Spark's default of a GiB is enough for small models only. */
  private void fitHeap() {
    if (!conf.contains(HEAP)) {
      long heap = demand.heapBytes() + demand.moreHeapBytes();
      conf.set(HEAP, Math.max(DEFAULT_HEAP, heap) / MEBIBYTE + "m");
      return;
    }
    long heap = JavaUtils.byteStringAsMb(conf.get(HEAP)) * MEBIBYTE;
    if (heap < demand.heapBytes()) {
      throw UserError.of(
          "%s is %s, but this model needs %s of heap: use --conf %s=%dm.",
          HEAP,
          conf.get(HEAP),
          mebibytes(demand.heapBytes()),
          HEAP,
          (demand.heapBytes() + MEBIBYTE - 1) / MEBIBYTE);
    }
  }

  /** A replica takes its executor whole and computes with all its cores. */
  private void fitCores(int executorCores) {
    if (demand.replicas() > 0) {
      int replicas = GpuSettings.replicasPerExecutor(conf);
      conf.setIfMissing(TASK_CPUS, Integer.toString(Math.max(1, executorCores / replicas)));
    }
    String threads = conf.get(TASK_CPUS, "1");
    conf.setIfMissing("spark.executorEnv.OMP_NUM_THREADS", threads);
    conf.setIfMissing("spark.executorEnv.OPENBLAS_NUM_THREADS", threads);
    tasksPerExecutor = Math.max(1, executorCores / conf.getInt(TASK_CPUS, 1));
  }

  private long nativeNeed() {
    return demand.nativeBytes() * tasksPerExecutor + 64 * MEBIBYTE;
  }

  /** Splits a worker's memory; returns the native part. */
  private long fitWorker(String master, long worker) {
    if (conf.contains(HEAP)) {
      fitHeap();
      long heap = JavaUtils.byteStringAsMb(conf.get(HEAP)) * MEBIBYTE;
      return Math.max(nativeNeed(), worker - heap - JVM_BYTES);
    }
    long outside = nativeNeed() + JVM_BYTES;
    long need = demand.heapBytes() + outside;
    if (need > worker) {
      throw UserError.of(
          "%s gives an executor %s, but this model needs %s (%s of heap, %s outside it): make the"
              + " last number at least %d.",
          master,
          mebibytes(worker),
          mebibytes(need),
          mebibytes(demand.heapBytes()),
          mebibytes(outside),
          (need + MEBIBYTE - 1) / MEBIBYTE);
    }
    long heap = Math.max(demand.heapBytes(), Math.min(worker / 2, worker - outside));
    conf.set(HEAP, heap / MEBIBYTE + "m");
    return worker - heap - JVM_BYTES;
  }

  /** Tasks are threads of the driver; returns the native part. */
  private long fitDriver() {
    Matcher threads = LOCAL_THREADS.matcher(conf.get("spark.master"));
    long slots = threads.matches() ? Long.parseLong(threads.group(1)) : machine.cores();
    long tasks = demand.replicas() == 0 ? slots : Math.min(slots, demand.replicas());
    long need = demand.nativeBytes() * tasks;
    long free = machine.memory() - Math.min(machine.memory(), Runtime.getRuntime().maxMemory());
    if (need > free) {
      throw UserError.of(
          "This machine has %s of memory outside the heap, but this model needs %s on %s: use a"
              + " --master with fewer tasks at a time or more memory.",
          mebibytes(free), mebibytes(need), conf.get("spark.master"));
    }
    return free;
  }

  /** Makes room outside the heap in a container; returns the native part. */
  private long fitContainer() {
    long outside = nativeNeed() + JVM_BYTES;
    if (!conf.contains(OVERHEAD)) {
      long heap = JavaUtils.byteStringAsBytes(conf.get(HEAP, "1g"));
      // Spark's own default, a tenth of the heap, stays as slack.
      long overhead = outside + Math.max(heap / 10, 384 * MEBIBYTE);
      conf.set(OVERHEAD, overhead / MEBIBYTE + "m");
      return overhead - JVM_BYTES;
    }
    // Spark reads a bare number as mebibytes.
    long overhead = JavaUtils.byteStringAsMb(conf.get(OVERHEAD)) * MEBIBYTE;
    if (overhead < outside) {
      throw UserError.of(
          "%s is %s, but this model needs %s outside the heap: use --conf %s=%dm.",
          OVERHEAD,
          conf.get(OVERHEAD),
          mebibytes(outside),
          OVERHEAD,
          (outside + MEBIBYTE - 1) / MEBIBYTE);
    }
    return overhead - JVM_BYTES;
  }

  /** Adds an option for executors, where theirs do not mention it. */
  private void option(String mention, String option) {
    String options = conf.get(EXECUTOR_OPTIONS, "");
    if (!Pattern.compile(mention).matcher(options).find()) {
      conf.set(EXECUTOR_OPTIONS, (options + " " + option).strip());
    }
  }

  /** An amount of memory as people read it, rounded up. */
  static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%,d MiB", (bytes + MEBIBYTE - 1) / MEBIBYTE);
  }
}
