package io.polyspark.train;

import io.polyspark.model.dl4j.Replica;
import io.polyspark.model.transformer.ActivationHealth;
import io.polyspark.train.metrics.ExecutorGauges;
import io.polyspark.train.metrics.HealthMetrics;
import io.polyspark.train.metrics.ProgressLine;
import io.polyspark.train.metrics.ReplicaMetrics;
import io.polyspark.train.metrics.ReplicaRoundEvent;
import io.polyspark.train.metrics.RoundMetrics;
import io.polyspark.train.metrics.RunMetrics;
import io.polyspark.train.metrics.StepMetrics;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * A program that takes steps of one replica in blocks of H, every other block with all metrics: a
 * record for each step, activations watched in the last, the round's health, and every sink
 * (metrics.jsonl, TensorBoard, Spark's events and gauges, the progress line). It prints what a step
 * takes with and without, in processor time of the thread that computes it (with one thread, {@code
 * OMP_NUM_THREADS=1}), which other programs on the machine disturb less than wall time; and what of
 * that is not the step itself.
 */
final class MetricsCost {
  private static final int WARM_UP = 4;

  private final Replica replica;
  private final RunMetrics metrics;
  private final HealthWatch watch;
  private final int[] tokens;
  private final int[] targets;
  private int round;
  private long besides;

  private MetricsCost(TrainConfig config, Replica replica, RunMetrics metrics) {
    this.replica = replica;
    this.metrics = metrics;
    this.watch = new HealthWatch(config.health());
    int length = config.batch() * config.context();
    Random random = new Random(1);
    this.tokens = random.ints(length, 0, config.model().vocabSize()).toArray();
    this.targets = random.ints(length, 0, config.model().vocabSize()).toArray();
  }

  /**
   * Runs it.
   *
   * @param arguments a training configuration, a directory to write to, the number of blocks of
   *     each kind, the steps of a block
   */
  public static void main(String[] arguments) throws IOException {
    TrainConfig config = TrainConfig.load(Path.of(arguments[0]), List.of());
    int blocks = Integer.parseInt(arguments[2]);
    int steps = Integer.parseInt(arguments[3]);
    SparkConf conf =
        new SparkConf().setAppName("metrics").setMaster("local[1]").set("spark.ui.port", "0");
    Path directory = Path.of(arguments[1]);
    try (JavaSparkContext spark = new JavaSparkContext(conf);
        Replica replica =
            Replica.create(
                config.model(),
                config.batch(),
                config.context(),
                config.optimizer(),
                config.steps(),
                config.computeOptions());
        RunMetrics metrics =
            RunMetrics.open(
                spark,
                FileSystem.getLocal(new Configuration()),
                TinyRuns.hadoop(directory.resolve("metrics.jsonl")),
                0,
                Optional.of(TinyRuns.hadoop(directory.resolve("tensorboard"))),
                "",
                ProgressLine.onErrors(config.steps(), 0),
                kept -> {})) {
      replica.initialize(1);
      new MetricsCost(config, replica, metrics).compare(blocks, steps);
    }
  }

  private void compare(int blocks, int steps) {
    double[][] times = new double[2][blocks];
    double[] besidesSteps = new double[blocks];
    for (int block = -WARM_UP; block < blocks; block++) {
      for (int kind = 0; kind < 2; kind++) {
        besides = 0;
        long start = time();
        if (kind == 0) {
          plain(steps);
        } else {
          measured(steps);
        }
        if (block >= 0) {
          times[kind][block] = (time() - start) * 1e-6 / steps;
          besidesSteps[block] = besides * 1e-6 / steps;
        }
      }
    }
    double without = median(times[0]);
    double with = median(times[1]);
    System.out.printf(
        "a step: %.3f ms without metrics, %.3f ms with, %+.2f %%; records and sinks alone %.4f ms, %.2f %%%n",
        without,
        with,
        100 * (with - without) / without,
        median(besidesSteps),
        100 * median(besidesSteps) / without);
  }

  /** Of this thread, in nanoseconds. */
  private static long time() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static double median(double[] values) {
    double[] ascending = values.clone();
    Arrays.sort(ascending);
    return ascending[ascending.length / 2];
  }

  private void plain(int steps) {
    for (int step = 0; step < steps; step++) {
      replica.train(tokens, targets);
    }
  }

  private void measured(int steps) {
    round++;
    List<StepMetrics> log = new ArrayList<>();
    List<ActivationHealth> activations = List.of();
    for (int step = 0; step < steps; step++) {
      long start = System.nanoTime();
      boolean last = step == steps - 1;
      Replica.Step taken =
          last ? replica.trainWatched(tokens, targets) : replica.train(tokens, targets);
      activations = last ? replica.activationHealth() : activations;
      long stepped = time();
      log.add(
          new StepMetrics(
              round,
              0,
              taken.step(),
              taken.loss(),
              taken.gradientNorm(),
              taken.learningRate(),
              tokens.length,
              (System.nanoTime() - start) * 1e-9));
      ExecutorGauges.count(log.get(step));
      besides += time() - stepped;
    }
    long ended = time();
    HealthMetrics health = watch.measure(List.of(log), List.of(activations), List.of());
    watch.tell(metrics, round, health);
    metrics.replicaRound(new ReplicaRoundEvent(round, 0, log));
    metrics.round(record(steps, health));
    besides += time() - ended;
  }

  private RoundMetrics record(int steps, HealthMetrics health) {
    long time = System.currentTimeMillis();
    return new RoundMetrics(
        round,
        replica.completedSteps(),
        List.of(steps),
        1,
        OptionalDouble.empty(),
        (long) round * steps * tokens.length,
        1,
        1,
        0,
        0,
        0,
        0,
        1,
        1,
        0,
        1,
        replica.activationCoefficients(),
        List.of(),
        health,
        time,
        List.of(new ReplicaMetrics(0, "host", "driver", "", steps, 1, 0, time, null)));
  }
}
