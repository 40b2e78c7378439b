package io.polyspark.train;

import io.polyspark.model.dl4j.Replica;
import io.polyspark.model.shards.DataOrder;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.train.averaging.DivergedException;
import io.polyspark.train.averaging.ReplicaTask;
import io.polyspark.train.averaging.RoundInput;
import io.polyspark.train.averaging.TrainedReplica;
import io.polyspark.train.metrics.StepMetrics;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.util.SerializableConfiguration;

/**
 * One round of one replica of a language model: H steps on its own slice of the data order. What it
 * computes depends on its fields and the round's input alone.
 */
final class LanguageModelTask implements ReplicaTask<StepLog> {
  private static final long serialVersionUID = 1L;

  private final String config;
  private final String data;
  private final SerializableConfiguration hadoop;
  private final long samplesConsumed;
  private final int steps;

  /**
   * @param data the directory of token shards
   * @param samplesConsumed c, the run's counter at the start of the round
   * @param steps H of this round
   */
  LanguageModelTask(
      TrainConfig config,
      Path data,
      SerializableConfiguration hadoop,
      long samplesConsumed,
      int steps) {
    this.config = ConfigFile.write(config.toMap());
    this.data = data.toString();
    this.hadoop = hadoop;
    this.samplesConsumed = samplesConsumed;
    this.steps = steps;
  }

  @Override
  public TrainedReplica<StepLog> run(RoundInput input) throws IOException {
    TrainConfig training = TrainConfig.fromMap(ConfigFile.parse(config), "the run's configuration");
    Replica replica = ReplicaPool.take(config, () -> create(training));
    try {
      setUp(replica, input);
      return new Trained(config, replica, steps, train(training, replica, input));
    } catch (IOException | RuntimeException e) {
      ReplicaPool.give(config, replica);
      throw e;
    }
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

  private StepLog train(TrainConfig training, Replica replica, RoundInput input)
      throws IOException {
    int context = training.context();
    int[] tokens = new int[training.batch() * context];
    int[] targets = new int[tokens.length];
    Path path = new Path(data);
    List<StepMetrics> log = new ArrayList<>(steps);
    ExpertTally experts = new ExpertTally();
    try (TokenShards shards =
        TokenShards.open(path.getFileSystem(hadoop.value()), path, TokenShards.TRAIN, context)) {
      DataOrder order = new DataOrder(shards.windows(), training.seed());
      for (int step = 0; step < steps; step++) {
        stopWhereKilled();
        long start = System.nanoTime();
        for (int row = 0; row < training.batch(); row++) {
          long index =
              DataOrder.index(
                  samplesConsumed, input.replicas(), training.batch(), input.replica(), step, row);
          shards.window(order.window(index), tokens, targets, row * context);
        }
        Replica.Step taken = replica.train(tokens, targets);
        requireFinite(step, taken, input);
        experts.add(taken.experts(), (long) tokens.length * training.model().numExpertsPerTok());
        log.add(
            new StepMetrics(
                input.round(),
                input.replica(),
                taken.step(),
                taken.loss(),
                taken.gradientNorm(),
                taken.learningRate(),
                tokens.length,
                (System.nanoTime() - start) * 1e-9));
      }
    }
    return new StepLog(log, experts, ExecutorEnvironment.here(training.dtype()));
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
  private record Trained(String run, Replica replica, long steps, StepLog metrics)
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
    public void close() {
      ReplicaPool.give(run, replica);
    }
  }
}
