package io.polyspark.train;

import io.polyspark.evaluate.Evaluation;
import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.checkpoint.Environment;
import io.polyspark.model.checkpoint.RunDirectory;
import io.polyspark.model.checkpoint.TrainerState;
import io.polyspark.model.config.ConfigFile;
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
import java.util.Set;
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
  private final RunMetrics metrics;
  private final Faults faults;
  private final HealthWatch health;
  private final RunProgress progress;
  private final StepClock clock;
  private final RoundPlanner planner;
  private final StopRequest stop;
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
    RoundState next = result.next();
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
    OptionalDouble validation = validate(next, last);
    if (last && validation.isEmpty()) {
      // The losses of the round's steps were measured before their updates. Any other round's model
      // is measured by the next round's first step.
      requireFinite(mean(next, TokenShards.TRAIN, config.context()), next);
    }
    faults.tell(metrics);
    HealthMetrics well = measures.health(health);
    health.tell(metrics, next.round(), well);
    long now = System.nanoTime();
    metrics.round(
        measures.metrics(
            ParameterLayout.of(config.model()),
            validation,
            tokensBefore,
            progress.tokensSeen(),
            (now - roundStart) * 1e-9,
            checkpointSeconds,
            well));
    roundStart = now;
    checkpointSeconds = 0;
    if (last || stopped() || next.round() % config.checkpoint().everyRounds() == 0) {
      checkpoint(next, environment);
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

  private OptionalDouble validate(RoundState state, boolean last) {
    TrainConfig.Validation validation = config.validation();
    if (validation.everyRounds() == 0 || !(last || state.round() % validation.everyRounds() == 0)) {
      return OptionalDouble.empty();
    }
    double loss = mean(state, TokenShards.VALIDATION, validation.maxTokens());
    requireFinite(loss, state);
    progress.validated(loss);
    return OptionalDouble.of(loss);
  }

  private double mean(RoundState state, String split, long maxTokens) {
    BroadcastVector parameters = BroadcastVector.of(spark, state.parameters());
    try {
      return Evaluation.mean(
              spark,
              new BroadcastWeights(ConfigFile.write(config.toMap()), parameters),
              config.context(),
              data,
              split,
              maxTokens,
              plan.replicas())
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

  private void checkpoint(RoundState state, Environment environment) {
    long start = System.nanoTime();
    TrainerState trainer =
        new TrainerState(
            state.round(),
            state.completedSteps(),
            progress.position().counter(),
            progress.position().unused(),
            progress.tokensSeen(),
            config.seed(),
            plan.replicas(),
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
    checkpointSeconds = (System.nanoTime() - start) * 1e-9;
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
      Set<Integer> rounds = new HashSet<>(run.rounds());
      checkpoints.pendingRound().ifPresent(rounds::add);
      return rounds;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list the checkpoints of " + run.path(), e);
    }
  }
}
