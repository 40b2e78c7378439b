package io.polyspark.train;

import io.polyspark.evaluate.Evaluation;
import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.checkpoint.Environment;
import io.polyspark.model.checkpoint.RunDirectory;
import io.polyspark.model.checkpoint.TrainerState;
import io.polyspark.model.config.ConfigFile;
import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.model.transformer.ParameterLayout;
import io.polyspark.train.averaging.BroadcastVector;
import io.polyspark.train.averaging.ChunkedVector;
import io.polyspark.train.averaging.DivergedException;
import io.polyspark.train.averaging.ReplicaReport;
import io.polyspark.train.averaging.RoundLoop;
import io.polyspark.train.averaging.RoundResult;
import io.polyspark.train.averaging.RoundState;
import io.polyspark.train.metrics.HealthMetrics;
import io.polyspark.train.metrics.Notice;
import io.polyspark.train.metrics.ReplicaRoundEvent;
import io.polyspark.train.metrics.RunMetrics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.SerializableConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the driver does around every round of a language model's run: hands out data, counts,
 * measures, keeps checkpoints.
 */
final class Rounds implements RoundLoop.Steering<StepLog> {
  private static final Logger LOG = LoggerFactory.getLogger(Rounds.class);

  private final JavaSparkContext spark;
  private final TrainConfig config;
  private final Path data;
  private final Manifest manifest;
  private final byte[] tokenizerJson;
  private final RunDirectory run;
  private final AsyncCheckpoints checkpoints;
  private final Aftermath aftermath;
  private final RunMetrics metrics;
  private final Faults faults;
  private final HealthWatch health;
  private final RunProgress progress;
  private final StepClock clock;
  private final RoundPlanner planner;
  private final StopRequest stop;
  private final KernelsOfRun kernels = new KernelsOfRun();
  private RoundPlan plan;
  private Optional<String> stopped = Optional.empty();
  private Optional<Environment> expected = Optional.empty();
  private long roundStart = System.nanoTime();
  private double checkpointSeconds;

  Rounds(
      JavaSparkContext spark,
      TrainConfig config,
      Path data,
      Manifest manifest,
      RunDirectory run,
      AsyncCheckpoints checkpoints,
      Aftermath aftermath,
      RunMetrics metrics,
      Faults faults,
      HealthWatch health,
      RunProgress progress,
      Surroundings surroundings,
      StopRequest stop)
      throws IOException {
    this.spark = spark;
    this.config = config;
    this.data = data;
    this.manifest = manifest;
    this.run = run;
    this.checkpoints = checkpoints;
    this.aftermath = aftermath;
    this.metrics = metrics;
    this.faults = faults;
    this.health = health;
    this.progress = progress;
    this.clock = surroundings.clock();
    this.stop = stop;
    this.planner = new RoundPlanner(config, surroundings.slots(), metrics, progress.replicas());
    this.tokenizerJson =
        manifest.requireTokenizer(data.getFileSystem(spark.hadoopConfiguration()), data);
  }

  /** Says in which environment the run was computed so far: the first round is compared with it. */
  void expect(Environment environment) {
    expected = Optional.of(environment);
  }

  @Override
  public RoundLoop.Assignment<StepLog> assign(RoundState state) {
    stop.begins(state.round() + 1);
    aftermath.begins(state.round() + 1);
    plan = planner.plan(state);
    LanguageModelTask task =
        new LanguageModelTask(
            config,
            data,
            new SerializableConfiguration(spark.hadoopConfiguration()),
            progress.position(),
            plan,
            clock);
    return new RoundLoop.Assignment<>(plan.replicas(), task);
  }

  @Override
  public void finished(RoundResult<StepLog> result) {
    aftermath.settle();
    RoundState next = result.next();
    result.replicas().forEach(report -> kernels.require(report.metrics()));
    Environment environment = result.replicas().get(0).metrics().environment();
    warnOfOtherEnvironment(environment);
    long tokensBefore = progress.tokensSeen();
    RoundMeasures measures = new RoundMeasures(result);
    progress.completed(config, plan.steps(), measures.stepsTaken(), measures.loss());
    planner.finished(next.round(), plan, measures.steps());
    for (ReplicaReport<StepLog> report : result.replicas()) {
      metrics.replicaRound(
          new ReplicaRoundEvent(next.round(), report.replica(), report.metrics().steps()));
    }
    boolean last = next.completedSteps() >= config.steps();
    if (!last) {
      stopped = stop.over(next.round() + 1);
      stopped.ifPresent(
          reason ->
              metrics.notice(
                  Notice.Topic.STOP,
                  Notice.Severity.INFO,
                  reason + " has asked the run to stop with this round"));
    }
    boolean validates = validates(next, last);
    if (last && !validates) {
      // The losses of the round's steps were measured before their updates. Any other round's model
      // is measured by the next round's first step.
      requireFinite(mean(next, TokenShards.TRAIN, config.context(), plan.replicas()), next);
    }
    faults.tell(metrics);
    HealthMetrics well = measures.health(health);
    health.tell(metrics, next.round(), well);
    metrics.over(next.round());
    long now = System.nanoTime();
    double seconds = (now - roundStart) * 1e-9;
    double waited = checkpointSeconds;
    roundStart = now;
    checkpointSeconds = 0;
    boolean keeps = last || stopped() || next.round() % config.checkpoint().everyRounds() == 0;
    int replicas = plan.replicas();
    Consumer<OptionalDouble> end =
        validation -> {
          metrics.round(
              measures.metrics(
                  ParameterLayout.of(config.model()),
                  validation,
                  tokensBefore,
                  progress.tokensSeen(),
                  seconds,
                  waited,
                  well));
          if (keeps) {
            checkpoint(next, environment, replicas);
          }
        };
    if (!validates) {
      end.accept(OptionalDouble.empty());
      checkpointSeconds = keeps ? (System.nanoTime() - now) * 1e-9 : 0;
      return;
    }
    next.retain();
    aftermath.begin(next.round(), () -> validate(next, replicas, end));
    if (last || stopped()) {
      aftermath.settle();
    }
  }

  /**
   * Does what is left of the last round, if anything is, after a failure.
   *
   * @return what the run has failed of: what is left may be why the round after it failed
   */
  RuntimeException settleAfter(RuntimeException failure) {
    try {
      aftermath.settle();
      return failure;
    } catch (DivergedException | UserError earlier) {
      earlier.addSuppressed(failure);
      return earlier;
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
      return failure;
    }
  }

  @Override
  public boolean stopped() {
    return stopped.isPresent();
  }

  /** Why the run has stopped before its last step; empty where it has not. */
  Optional<String> reason() {
    return stopped;
  }

  private void warnOfOtherEnvironment(Environment now) {
    expected.ifPresent(
        before ->
            before
                .differences(now)
                .forEach(
                    difference -> {
                      String sentence =
                          difference
                              + " since the checkpoint, so the result is not bit for bit that of a run without a break";
                      LOG.warn(sentence);
                      metrics.notice(Notice.Topic.RESUME, Notice.Severity.WARNING, sentence);
                    }));
    expected = Optional.empty();
  }

  private boolean validates(RoundState state, boolean last) {
    int every = config.validation().everyRounds();
    return every > 0 && (last || state.round() % every == 0);
  }

  /** The rest of a round that measures its model, which is not kept before that is found good. */
  private void validate(RoundState state, int replicas, Consumer<OptionalDouble> end) {
    try {
      double loss = mean(state, TokenShards.VALIDATION, config.validation().maxTokens(), replicas);
      requireFinite(loss, state);
      progress.validated(loss);
      end.accept(OptionalDouble.of(loss));
    } finally {
      state.release();
    }
  }

  private double mean(RoundState state, String split, long maxTokens, int replicas) {
    BroadcastVector parameters = BroadcastVector.of(spark, state.parameters());
    try {
      return Evaluation.mean(
              spark,
              new BroadcastWeights(ConfigFile.write(config.toMap()), parameters),
              config.context(),
              data,
              split,
              maxTokens,
              config.computeOptions().device(),
              replicas)
          .loss();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot measure the loss on " + data, e);
    } finally {
      parameters.destroy();
    }
  }

  /** What computes no finite loss is not kept as a checkpoint. */
  private static void requireFinite(double loss, RoundState state) {
    if (!Double.isFinite(loss)) {
      throw DivergedException.ofAverage(state.round(), state.completedSteps(), loss);
    }
  }

  private void checkpoint(RoundState state, Environment environment, int replicas) {
    TrainerState trainer =
        new TrainerState(
            state.round(),
            state.completedSteps(),
            progress.position().counter(),
            progress.position().unused(),
            progress.tokensSeen(),
            config.seed(),
            replicas,
            config.batch(),
            config.context(),
            manifest.sha256(),
            config.toMap(),
            environment);
    List<ChunkedVector> moments = state.optimizerState();
    Checkpoint.Contents contents =
        new Checkpoint.Contents(
            config.model(),
            state.parameters(),
            tokenizerJson,
            trainer,
            moments.isEmpty()
                ? Optional.empty()
                : Optional.of(new Checkpoint.Moments(moments.get(0), moments.get(1))),
            outerState(state),
            Map.of());
    state.retain();
    checkpoints.begin(state.round(), contents, state::release);
  }

  private Map<String, FlatVector> outerState(RoundState state) {
    List<String> names = config.averaging().outer().stateNames();
    Map<String, FlatVector> vectors = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      vectors.put(names.get(i), state.outerState().get(i));
    }
    return vectors;
  }

  @Override
  public Set<Integer> checkpointedRounds() {
    try {
      // Asked for first: what is written meanwhile is then found in the directory.
      OptionalInt pending = checkpoints.pendingRound();
      Set<Integer> rounds = new HashSet<>(run.rounds());
      pending.ifPresent(rounds::add);
      return rounds;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list the checkpoints of " + run.path(), e);
    }
  }
}
