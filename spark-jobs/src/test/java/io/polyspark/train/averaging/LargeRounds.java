package io.polyspark.train.averaging;

import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.checkpoint.Environment;
import io.polyspark.model.checkpoint.TrainerState;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.random.SplitMix64;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.model.transformer.Initializer;
import io.polyspark.model.transformer.ParameterLayout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * A program that takes a large model through rounds and into a checkpoint without its layers: its
 * replicas only add noise to each parameter, so what is left is all that travels. Driver and
 * replicas keep their vectors in files. It prints what that took of memory and time, and compares
 * parameters all over the model with the same arithmetic done one by one.
 */
final class LargeRounds {
  private static final int ROUNDS = 2;
  private static final int REPLICAS = 2;
  private static final int CHECKED = 100_000;
  private static final double RATE = 0.7;
  private static final double MOMENTUM = 0.9;

  private LargeRounds() {}

  /**
   * Runs it.
   *
   * @param arguments the model's configuration, a directory to be made for the checkpoint, the heap
   *     of the executor in MiB
   */
  public static void main(String[] arguments) throws IOException {
    ModelConfig model = ModelConfig.load(arguments[0], "the first argument");
    int heap = Integer.parseInt(arguments[2]);
    SparkConf conf =
        new SparkConf()
            .setAppName("large rounds")
            .setMaster("local-cluster[1,2," + heap + "]")
            .set("spark.executor.memory", heap + "m")
            .set("spark.executor.extraClassPath", System.getProperty("java.class.path"))
            .set("spark.ui.enabled", "false");
    try (JavaSparkContext spark = new JavaSparkContext(conf)) {
      run(spark, model, new Path(arguments[1]));
    }
  }

  private static void run(JavaSparkContext spark, ModelConfig model, Path directory)
      throws IOException {
    StateStorage disk = StateStorage.disk(spark.getConf());
    ChunkPlan plan =
        new ChunkPlan(ParameterLayout.of(model).length(), ChunkPlan.DEFAULT_CHUNK_SIZE);
    System.out.printf("%,d parameters in %,d chunks%n", plan.length(), plan.chunks());
    ChunkedVector initial = disk.zeros(plan);
    new Initializer(model).initialize(1, initial);
    double[] expected = expected(initial);

    AveragingRound round =
        new AveragingRound(
            spark,
            AveragingOptions.reset(REPLICAS)
                .withOuter(OuterOptimizer.nesterov(RATE, MOMENTUM))
                .withStorage(disk));
    RoundState state = RoundState.initial(initial);
    for (int r = 0; r < ROUNDS; r++) {
      RoundResult<Integer> result = round.run(state, new NoisyTask(plan));
      System.out.printf("round %d: %s, %s%n", r + 1, result.timings(), result.traffic());
      state.release();
      state = result.next();
    }
    compare(expected, state.parameters());

    long start = System.nanoTime();
    FileSystem fs = directory.getFileSystem(spark.hadoopConfiguration());
    Checkpoint.write(fs, directory, contents(model, state));
    System.out.printf("checkpoint: %.0f s%n", (System.nanoTime() - start) * 1e-9);
    Checkpoint.open(fs, directory).readParameters(new Same(state.parameters()));
    state.release();
    long executor = spark.parallelize(List.of(0), 1).map(ignored -> peak()).first();
    System.out.printf("peak of the driver %,d MiB, of the executor %,d MiB%n", peak(), executor);
  }

  /** Elements all over the vector after the rounds, each in float64 and rounded where ours are. */
  private static double[] expected(ChunkedVector initial) {
    double[] expected = new double[CHECKED];
    float[] element = new float[1];
    for (int i = 0; i < CHECKED; i++) {
      long at = place(i, initial.length());
      initial.read(at, element, 0, 1);
      float theta = element[0];
      float velocity = 0;
      for (int r = 1; r <= ROUNDS; r++) {
        double gradient = 0;
        for (int replica = 0; replica < REPLICAS; replica++) {
          gradient += theta - (theta - NoisyTask.noise(r, replica, at));
        }
        gradient /= REPLICAS;
        velocity = (float) (MOMENTUM * velocity + gradient);
        theta = (float) (theta - RATE * (gradient + MOMENTUM * velocity));
      }
      expected[i] = theta;
    }
    return expected;
  }

  private static long place(int i, long length) {
    return Math.floorMod(SplitMix64.mix(i), length);
  }

  private static void compare(double[] expected, ChunkedVector parameters) {
    float[] element = new float[1];
    double largest = 0;
    for (int i = 0; i < CHECKED; i++) {
      parameters.read(place(i, parameters.length()), element, 0, 1);
      largest = Math.max(largest, Math.abs(element[0] - expected[i]));
    }
    System.out.printf("%,d parameters differ by at most %.1e%n", CHECKED, largest);
  }

  private static Checkpoint.Contents contents(ModelConfig model, RoundState state) {
    TrainerState trainer =
        new TrainerState(
            state.round(),
            state.completedSteps(),
            0,
            List.of(),
            0,
            1,
            REPLICAS,
            1,
            1,
            "",
            Map.of(),
            new Environment(1, "none", "none", "none"));
    return new Checkpoint.Contents(
        model,
        state.parameters(),
        "{}".getBytes(StandardCharsets.UTF_8),
        trainer,
        Optional.empty(),
        Map.of("velocity", state.outerState().get(0)),
        Map.of());
  }

  /** The largest resident memory of this process so far, MiB. */
  private static long peak() {
    try {
      return Files.readAllLines(java.nio.file.Path.of("/proc/self/status")).stream()
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Takes what is written to it only where another vector has the same. */
  private record Same(FlatVector other) implements FlatVector {
    @Override
    public long length() {
      return other.length();
    }

    @Override
    public void read(long offset, float[] into, int at, int count) {
      other.read(offset, into, at, count);
    }

    @Override
    public void write(long offset, float[] from, int at, int count) {
      float[] mine = new float[count];
      other.read(offset, mine, 0, count);
      for (int i = 0; i < count; i++) {
        if (Float.floatToIntBits(mine[i]) != Float.floatToIntBits(from[at + i])) {
          throw new IllegalStateException("Parameter " + (offset + i) + " is not what was written");
        }
      }
    }
  }
}
