package io.polyspark.cli;

import io.polyspark.analyse.Analysis;
import io.polyspark.evaluate.Evaluation;
import io.polyspark.evaluate.TaskEvaluation;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.device.Nd4jBackend;
import io.polyspark.model.dl4j.MemoryEstimate;
import io.polyspark.model.tensor.Device;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.transformer.ParameterLayout;
import io.polyspark.train.TrainConfig;
import io.polyspark.train.averaging.OptimizerStatePolicy;
import java.util.List;

/**
 * What a verb asks of the executors.
 *
 * @param verb its name
 * @param replicas tasks that should run side by side and take an executor each; 0 where tasks are
 *     small and any number may share one
 * @param nativeBytes memory outside the heap that one task needs
 * @param batchBytes how many of {@code nativeBytes} hold a batch, which could be smaller; 0 where
 *     nobody can choose it
 * @param heapBytes heap that one executor needs
 * @param moreHeapBytes heap beyond that with which an executor keeps what travels in memory;
 *     without it Spark moves vectors to disk and back
 * @param driverHeapBytes heap that the driver needs
 */
record Demand(
    String verb,
    int replicas,
    long nativeBytes,
    long batchBytes,
    long heapBytes,
    long moreHeapBytes,
    long driverHeapBytes) {
  /** Below this Spark refuses to start an executor (1.5 times its 300 MiB reserve), rounded up. */
  static final long LEAST_HEAP = 512L << 20;

  /** The chunks that an executor sends, sorts and averages at a time, however long the vectors. */
  static final long MOST_HEAP_FOR_CHUNKS = 512L << 20;

  /** The chunks on their way to the driver. */
  static final long MOST_DRIVER_HEAP_FOR_CHUNKS = 1024L << 20;

  /** What Spark's driver takes by itself. */
  static final long LEAST_DRIVER_HEAP = 256L << 20;

  /**
   * What a process that computes on a GPU takes of its machine's memory for CUDA's own libraries
   * and their bookkeeping: an allowance, not a measurement.
   */
  static final long CUDA_HOST_BYTES = 1024L << 20;

  /**
   * A training run: an executor's replica, and beside it the one that it validates with. On a GPU
   * they take the card's memory, and of the machine's only what passes through it: the parameters
   * of both, and the moments.
   */
  static Demand ofTraining(TrainConfig training) {
    MemoryEstimate replica = replicaOf(training);
    boolean onGpu = isOnGpu(training);
    long parameters = ParameterLayout.of(training.model()).length();
    int vectors = training.averaging().optimizerState() == OptimizerStatePolicy.AVERAGED ? 3 : 1;
    int outerVectors = training.averaging().outer().stateVectors();
    boolean stateOnDisk = training.averaging().driverState() == TrainConfig.DriverState.DISK;
    Demand ofRounds =
        ofReplicas(
            "train",
            training.replicas().max(),
            onGpu
                ? 2 * replica.parameters() + replica.moments() + CUDA_HOST_BYTES
                : replica.total() + validationBytes(training),
            onGpu ? 0 : replica.activations(),
            parameters,
            vectors,
            outerVectors,
            stateOnDisk);
    return stateOnDisk || !checkpointsFallBehind(training)
        ? ofRounds
        : ofRounds.withDriverHeap(parameters * Float.BYTES * (vectors + outerVectors));
  }

  /**
   * Whether its replicas take a card's memory.
   *
   * @param training on the device that was selected
   */
  private static boolean isOnGpu(TrainConfig training) {
    return training.computeOptions().device() == Device.CUDA;
  }

  /**
   * Whether a checkpoint may still be read from the driver's heap when two rounds have passed since
   * its own: because it has waited for a validation beside the first of them, or because nobody
   * waits for it before the next checkpoint, which is further away.
   */
  private static boolean checkpointsFallBehind(TrainConfig training) {
    return training.validation().everyRounds() > 0 || training.checkpoint().everyRounds() > 1;
  }

  private Demand withDriverHeap(long more) {
    return new Demand(
        verb, replicas, nativeBytes, batchBytes, heapBytes, moreHeapBytes, driverHeapBytes + more);
  }

  /**
   * Runs side by side: executors take a replica of any of them, and beside one that waits what
   * analyses its checkpoints or scores them on tasks; the driver has the heap for the largest at
   * least.
   */
  static Demand ofStudy(List<TrainConfig> runs) {
    Demand all = new Demand("study", 0, 0, 0, LEAST_HEAP, 0, LEAST_DRIVER_HEAP);
    for (TrainConfig run : runs) {
      Demand one = ofTraining(run).withMoreNative(afterwards(run));
      boolean largest = one.nativeBytes > all.nativeBytes;
      all =
          new Demand(
              all.verb,
              all.replicas + one.replicas,
              largest ? one.nativeBytes : all.nativeBytes,
              largest ? one.batchBytes : all.batchBytes,
              Math.max(all.heapBytes, one.heapBytes),
              Math.max(all.moreHeapBytes, one.moreHeapBytes),
              Math.max(all.driverHeapBytes, one.driverHeapBytes));
    }
    return all;
  }

  /**
   * Beyond what it takes to validate. These are computed on the CPU, but where ND4J's CUDA back end
   * computes everything on a card.
   */
  private static long afterwards(TrainConfig run) {
    ModelConfig model = run.model();
    long most =
        Math.max(
            Analysis.nativeBytesPerTask(model),
            TaskEvaluation.nativeBytesPerTask(model, Device.CPU));
    if (Nd4jBackend.here() == Nd4jBackend.CUDA) {
      return 0;
    }
    return isOnGpu(run) ? most : Math.max(0, most - validationBytes(run));
  }

  private Demand withMoreNative(long more) {
    return new Demand(
        verb, replicas, nativeBytes + more, batchBytes, heapBytes, moreHeapBytes, driverHeapBytes);
  }

  /** How many runs such as the largest a driver's heap holds at a time. */
  int runsIn(long driverHeap) {
    long each = driverHeapBytes - LEAST_DRIVER_HEAP;
    return (int)
        Math.max(
            1, Math.min(Integer.MAX_VALUE, (driverHeap - LEAST_DRIVER_HEAP) / Math.max(1, each)));
  }

  /** The memory outside the heap of one replica that trains. */
  static MemoryEstimate replicaOf(TrainConfig training) {
    return MemoryEstimate.of(
        training.model(),
        training.batch(),
        training.context(),
        MemoryPlan.Purpose.TRAINING,
        training.computeOptions());
  }

  /**
   * The memory outside the heap of the replica that an executor measures averaged models with: the
   * last one in any case, since no next round would see that it computes no finite loss.
   */
  static long validationBytes(TrainConfig training) {
    return Evaluation.nativeBytesPerTask(training.model(), training.computeOptions().device());
  }

  /**
   * Tasks that train: each computes with all the cores of its executor.
   *
   * @param vectors the vectors as long as the parameters that replicas get and send: the
   *     parameters, and the moments where they are averaged
   * @param outerVectors vectors as long as the parameters that the outer optimizer keeps
   * @param stateOnDisk whether the driver keeps no vector on its heap between rounds
   */
  static Demand ofReplicas(
      String verb,
      int replicas,
      long nativeBytes,
      long batchBytes,
      long parameters,
      int vectors,
      int outerVectors,
      boolean stateOnDisk) {
    // The vectors as they came and as they go back, in float32, with as much again for the shuffle
    // that sorts them, above what Spark reserves. The outer optimizer's vectors come and go too, at
    // worst all to one executor, but no shuffle sorts them.
    // The driver has all of them before and after a round, and as the pieces that it broadcasts;
    // these Spark moves to disk, chunk by chunk, where the others lie there too.
    long travelling = parameters * Float.BYTES * (4 * vectors + 2 * outerVectors);
    long atATime = Math.min(travelling, MOST_HEAP_FOR_CHUNKS);
    long onTheDriver = parameters * Float.BYTES * 3 * (vectors + outerVectors);
    // Results as they arrive, and what the collector holds free for new objects.
    long arriving = Math.min(onTheDriver / 4, MOST_DRIVER_HEAP_FOR_CHUNKS);
    return new Demand(
        verb,
        replicas,
        nativeBytes,
        batchBytes,
        LEAST_HEAP + atATime,
        travelling - atATime,
        LEAST_DRIVER_HEAP + (stateOnDisk ? 0 : onTheDriver) + arriving);
  }

  /** Small tasks, as many as there are cores. */
  static Demand ofTasks(String verb, long nativeBytes) {
    return new Demand(verb, 0, nativeBytes, 0, LEAST_HEAP, 0, LEAST_DRIVER_HEAP);
  }
}
