package io.polyspark.train;

import io.polyspark.evaluate.Evaluation;
import io.polyspark.model.config.ConfigFile;
import io.polyspark.model.device.CudaException;
import io.polyspark.model.device.DeviceChoice;
import io.polyspark.model.dl4j.ComputeOptions;
import io.polyspark.model.dl4j.MemoryEstimate;
import io.polyspark.model.dl4j.Replica;
import io.polyspark.model.shards.DataOrder;
import io.polyspark.model.shards.DataPosition;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.transformer.ActivationHealth;
import io.polyspark.preflight.ExecutorNeeds;
import io.polyspark.preflight.ExecutorPreflight;
import io.polyspark.preflight.TaskGpu;
import io.polyspark.train.averaging.DivergedException;
import io.polyspark.train.averaging.ReplicaTask;
import io.polyspark.train.averaging.RoundInput;
import io.polyspark.train.averaging.TrainedReplica;
import io.polyspark.train.metrics.ExecutorGauges;
import io.polyspark.train.metrics.StepMetrics;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.util.SerializableConfiguration;

/**
 * One round of one replica of a language model: H steps on its own slice of the data order, or
 * fewer where the replica is late. What it computes depends on its fields and the round's input
 * alone, and, where it has a limit of time, on whether it reaches that.
 */
final class LanguageModelTask implements ReplicaTask<StepLog> {
  private static final long serialVersionUID = 1L;

  private final String config;
  private final String data;
  private final SerializableConfiguration hadoop;
  private final DataPosition position;
  private final int steps;
  private final double limitSeconds;
  private final StepClock clock;

  /**
   * @param data the directory of token shards
   * @param position where the data order goes on at the start of the round
   * @param plan the round
   * @param clock times the steps
   */
  LanguageModelTask(
      TrainConfig config,
      Path data,
      SerializableConfiguration hadoop,
      DataPosition position,
      RoundPlan plan,
      StepClock clock) {
    this.config = ConfigFile.write(config.toMap());
    this.data = data.toString();
    this.hadoop = hadoop;
    this.position = position;
    this.steps = plan.steps();
    this.limitSeconds = plan.limitSeconds();
    this.clock = clock;
  }

  @Override
  public TrainedReplica<StepLog> run(RoundInput input) throws IOException {
    TrainConfig training = TrainConfig.fromMap(ConfigFile.parse(config), "the run's configuration");
    List<String> gpus = TaskGpu.addresses();
    ExecutorPreflight.require(config + gpus, () -> needs(training, gpus));
    ComputeOptions options = training.computeOptions();
    TaskGpu.bind(options.device());
    boolean onCard = KernelsProvider.computesByOurCuda(options.device());
    Optional<CardMeter> card = onCard ? Optional.of(CardMeter.start(training)) : Optional.empty();
    ReplicaPool.Place place =
        new ReplicaPool.Place(
            config, onCard ? List.of(Integer.toString(DeviceChoice.index())) : gpus);
    // What a card's memory holds is not this process's.
    long bytes = onCard ? 0 : nativeBytes(training);
    Replica replica = ReplicaPool.take(place, bytes, () -> create(training));
    try {
      setUp(replica, input);
      return new Trained(place, replica, train(training, replica, input, gpus, card));
    } catch (IOException | RuntimeException e) {
      if (onCard && (e instanceof CudaException || e instanceof IllegalStateException)) {
        // The card, or what is in its memory, is not to be trusted; the next attempt begins anew.
        ReplicaPool.giveUp(place, replica);
      } else {
        ReplicaPool.give(place, replica);
      }
      throw e;
    }
  }

  private ExecutorNeeds needs(TrainConfig training, List<String> gpus) {
    long bytes = nativeBytes(training);
    TaskContext context = TaskContext.get();
    int cores = context == null ? Runtime.getRuntime().availableProcessors() : context.cpus();
    return new ExecutorNeeds(
        bytes, training.computeOptions().device(), cores, gpus, new Path(data), hadoop.value());
  }

  private static long nativeBytes(TrainConfig training) {
    return MemoryEstimate.of(
                training.model(),
                training.batch(),
                training.context(),
                MemoryPlan.Purpose.TRAINING,
                training.computeOptions())
            .total()
        // The last model is measured in any case.
        + Evaluation.nativeBytesPerTask(training.model(), training.computeOptions().device());
  }

  private static Replica create(TrainConfig training) {
    return Replica.create(
        training.model(),
        training.batch(),
        training.context(),
        training.optimizer(),
        training.steps(),
        training.computeOptions());
  }

  private static void setUp(Replica replica, RoundInput input) {
    input.readParameters(replica.parameters());
    List<FlatVector> moments = List.of(replica.firstMoment(), replica.secondMoment());
    if (!input.readOptimizerState(moments)) {
      replica.clearMoments();
    }
    replica.completedSteps(input.completedSteps());
  }

  private StepLog train(
      TrainConfig training,
      Replica replica,
      RoundInput input,
      List<String> gpus,
      Optional<CardMeter> card)
      throws IOException {
    int context = training.context();
    int[] tokens = new int[training.batch() * context];
    int[] targets = new int[tokens.length];
    Path path = new Path(data);
    List<StepMetrics> log = new ArrayList<>(steps);
    ExpertTally experts = new ExpertTally();
    List<ActivationHealth> activations = List.of();
    long began = clock.nanoTime(input.round(), input.replica(), 0);
    try (TokenShards shards =
        TokenShards.open(path.getFileSystem(hadoop.value()), path, TokenShards.TRAIN, context)) {
      DataOrder order = new DataOrder(shards.windows(), training.seed());
      long start = clock.nanoTime(input.round(), input.replica(), 0);
      // At least one step: a replica that brings nothing would be late in vain.
      for (int step = 0; step < steps && (step == 0 || !late(start - began)); step++) {
        stopWhereKilled();
        for (int row = 0; row < training.batch(); row++) {
          long place =
              DataOrder.place(input.replicas(), training.batch(), input.replica(), step, row);
          shards.window(order.window(position.index(place)), tokens, targets, row * context);
        }
        boolean last = step == steps - 1;
        Replica.Step taken =
            last ? replica.trainWatched(tokens, targets) : replica.train(tokens, targets);
        requireFinite(step, taken, input);
        activations = last ? replica.activationHealth() : activations;
        experts.add(taken.experts(), (long) tokens.length * training.model().numExpertsPerTok());
        long end = clock.nanoTime(input.round(), input.replica(), step + 1);
        log.add(
            new StepMetrics(
                input.round(),
                input.replica(),
                taken.step(),
                taken.loss(),
                taken.gradientNorm(),
                taken.learningRate(),
                tokens.length,
                (end - start) * 1e-9));
        ExecutorGauges.count(log.get(step));
        if (step == 0) {
          card.ifPresent(CardMeter::look);
        }
        start = end;
      }
    }
    return new StepLog(
        log,
        experts,
        activations,
        ExecutorEnvironment.here(training.computeOptions()),
        gpus,
        card.map(meter -> meter.read(log)));
  }

  private boolean late(long nanos) {
    return nanos * 1e-9 >= limitSeconds;
  }

  /** Spark only asks; the executor's memory and cores are wanted for the task's next attempt. */
  private static void stopWhereKilled() {
    TaskContext context = TaskContext.get();
    if (context != null && context.isInterrupted()) {
      throw new TaskKilledException();
    }
  }

  private static void requireFinite(int stepOfRound, Replica.Step taken, RoundInput input) {
    boolean loss = Double.isFinite(taken.loss());
    if (!loss && stepOfRound == 0 && input.round() > 1) {
      throw DivergedException.ofAverage(input.round() - 1, input.completedSteps(), taken.loss());
    }
    if (!loss || !Double.isFinite(taken.gradientNorm())) {
      throw new DivergedException(
          input.round(),
          input.replica(),
          taken.step(),
          loss ? "The gradient's norm is " + taken.gradientNorm() : "The loss is " + taken.loss());
    }
  }

  /** A replica at the end of its round; closing it gives it back to the pool. */
  private record Trained(ReplicaPool.Place place, Replica replica, StepLog metrics)
      implements TrainedReplica<StepLog> {
    @Override
    public FlatVector parameters() {
      return replica.parameters();
    }

    @Override
    public List<FlatVector> optimizerState() {
      return List.of(replica.firstMoment(), replica.secondMoment());
    }

    @Override
    public long steps() {
      return metrics.steps().size();
    }

    @Override
    public void close() {
      ReplicaPool.give(place, replica);
    }
  }
}
