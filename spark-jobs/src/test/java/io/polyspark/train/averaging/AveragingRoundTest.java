package io.polyspark.train.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import io.polyspark.model.config.UserError;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.testing.LocalCluster;
import io.polyspark.train.averaging.MomentumTask.Accident;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rounds on a real cluster, against the same averaging in plain float64 arithmetic. */
class AveragingRoundTest {
  static final int PARAMETERS = 1000;

  private static final int CHUNK = 128;
  private static final int ROUNDS = 3;
  private static final int STEPS = 4;

  /** More than the cluster has slots for, so that some queue. */
  private static final int REPLICAS = 5;

  @TempDir Path folder;

  @Test
  void averagedStateEqualsThePlainComputation() {
    PlainAveraging plain = new PlainAveraging(REPLICAS, OptimizerStatePolicy.AVERAGED);
    plain.run(ROUNDS, STEPS);

    RoundState state = train(AveragingOptions.averaged(REPLICAS));

    assertClose(state.parameters(), plain.parameters());
    assertThat(state.optimizerState()).hasSize(1);
    assertClose(state.optimizerState().get(0), plain.momentum(0));
    assertThat(state.round()).isEqualTo(ROUNDS);
    assertThat(state.completedSteps()).isEqualTo((long) ROUNDS * STEPS);
  }

  @Test
  void resetStateEqualsThePlainComputation() {
    PlainAveraging plain = new PlainAveraging(REPLICAS, OptimizerStatePolicy.RESET);
    plain.run(ROUNDS, STEPS);

    RoundState state = train(AveragingOptions.reset(REPLICAS));

    assertClose(state.parameters(), plain.parameters());
    assertThat(state.optimizerState()).isEmpty();
  }

  @Test
  void keptStateEqualsThePlainComputation() {
    PlainAveraging plain = new PlainAveraging(REPLICAS, OptimizerStatePolicy.KEPT);
    plain.run(ROUNDS, STEPS);
    ReplicaStates states = states();

    RoundState state = train(AveragingOptions.kept(REPLICAS, states));

    assertClose(state.parameters(), plain.parameters());
    assertThat(state.optimizerState()).isEmpty();
    for (int replica = 0; replica < REPLICAS; replica++) {
      ArrayVector momentum = new ArrayVector(new float[PARAMETERS]);
      states.read(ROUNDS, replica, List.of(momentum));
      assertClose(momentum, plain.momentum(replica));
    }
  }

  @Test
  void everyReplicaReportsOncePerRound() {
    RoundResult<Double> result =
        round(AveragingOptions.averaged(REPLICAS)).run(start(), MomentumTask.undisturbed(STEPS));

    assertThat(result.replicas())
        .extracting(ReplicaReport::replica, ReplicaReport::steps, ReplicaReport::metrics)
        .isEqualTo(
            Stream.iterate(0, replica -> replica + 1)
                .limit(REPLICAS)
                .map(w -> tuple(w, 4L, MomentumTask.rate(STEPS - 1)))
                .toList());
    assertThat(result.timings().seconds()).isPositive();
  }

  @Test
  void theNumberOfReducersChangesNoBit() {
    float[] one = values(train(AveragingOptions.averaged(REPLICAS).withReducers(1)));
    float[] many = values(train(AveragingOptions.averaged(REPLICAS).withReducers(7)));

    assertThat(many).isEqualTo(one);
  }

  @Test
  void aTaskThatFailsOnceChangesNoBit() {
    MomentumTask task = MomentumTask.disturbed(STEPS, Accident.FIRST_ATTEMPT_FAILS, folder);

    RoundState state = train(AveragingOptions.averaged(REPLICAS), task);

    assertThat(values(state)).isEqualTo(values(train(AveragingOptions.averaged(REPLICAS))));
    assertThat(files(folder)).contains("round-1-attempt-0", "round-1-attempt-1");
  }

  @Test
  void anExecutorThatDiesChangesNoBit() {
    MomentumTask task = MomentumTask.disturbed(STEPS, Accident.FIRST_EXECUTOR_DIES, folder);

    RoundState state = round(AveragingOptions.averaged(REPLICAS)).run(start(), task).next();

    RoundState undisturbed =
        round(AveragingOptions.averaged(REPLICAS))
            .run(start(), MomentumTask.undisturbed(STEPS))
            .next();
    assertThat(values(state)).isEqualTo(values(undisturbed));
    assertThat(files(folder)).contains("round-1-attempt-0", "round-1-attempt-1");
  }

  @Test
  void anExecutorThatDiesWhileAveragingChangesNoBit() {
    AveragingOptions options = AveragingOptions.kept(REPLICAS, states());
    Path marker = folder.resolve("marker");

    float[] disturbed = values(train(options.withOuter(new DyingOuter(marker.toString()))));

    assertThat(marker).exists();
    assertThat(disturbed).isEqualTo(values(train(options)));
  }

  @Test
  void aRoundThatIsRunAgainAfterARestartGivesTheSameBits() {
    MomentumTask task = MomentumTask.undisturbed(STEPS);
    AveragingRound round = round(AveragingOptions.kept(REPLICAS, states()));
    RoundState first = round.run(start(), task).next();
    float[] uninterrupted = values(round.run(first, task).next());

    AveragingRound restarted = round(AveragingOptions.kept(REPLICAS, states()));

    assertThat(values(restarted.run(first, task).next())).isEqualTo(uninterrupted);
  }

  @Test
  void aFailedTaskLeavesTheKeptStatesWhole() {
    Path attempts = folder.resolve("attempts");
    makeFolder(attempts);
    MomentumTask task = MomentumTask.disturbed(STEPS, Accident.FIRST_ATTEMPT_FAILS, attempts);

    float[] disturbed = values(train(AveragingOptions.kept(REPLICAS, states()), task));
    assertThat(files(folder.resolve("states/round-0000003")))
        .filteredOn(name -> !name.endsWith(".crc"))
        .hasSize(REPLICAS)
        .allMatch(name -> name.startsWith("replica-"));

    assertThat(disturbed).isEqualTo(values(train(AveragingOptions.kept(REPLICAS, states()))));
  }

  @Test
  void aDivergedReplicaEndsTheRoundWithoutARetry() {
    MomentumTask task = MomentumTask.disturbed(STEPS, Accident.LOSS_IS_NAN, folder);

    assertThatThrownBy(() -> train(AveragingOptions.averaged(REPLICAS), task))
        .isInstanceOfSatisfying(
            DivergedException.class,
            e -> {
              assertThat(e.round()).isEqualTo(1);
              assertThat(e.replica()).isEqualTo(1);
              assertThat(e.step()).isEqualTo(STEPS);
            })
        .hasMessage("The loss is NaN (round 1, replica 1, step 4)");
    assertThat(files(folder)).containsExactly("round-1-attempt-0");
  }

  @Test
  void aUsersMistakeEndsTheRoundWithoutARetry() {
    MomentumTask task = MomentumTask.disturbed(STEPS, Accident.USER_IS_WRONG, folder);

    assertThatThrownBy(() -> train(AveragingOptions.averaged(REPLICAS), task))
        .isInstanceOf(UserError.class)
        .hasMessage("Give it another number.");
    assertThat(files(folder)).containsExactly("round-1-attempt-0");
  }

  @Test
  void anInfiniteParameterEndsTheRound() {
    MomentumTask task = MomentumTask.disturbed(STEPS, Accident.PARAMETER_IS_INFINITE, folder);

    assertThatThrownBy(() -> train(AveragingOptions.averaged(REPLICAS), task))
        .isInstanceOf(DivergedException.class)
        .hasMessage("A parameter is not finite (round 1, replica 1, step 4)");
  }

  @Test
  void aReplicaWithoutDataTakesNoPartInTheMean() {
    MomentumTask task = MomentumTask.disturbed(STEPS, Accident.HAS_NO_DATA, folder);

    RoundState idle = round(AveragingOptions.averaged(2)).run(start(), task).next();

    RoundState alone =
        round(AveragingOptions.averaged(1)).run(start(), MomentumTask.undisturbed(STEPS)).next();
    assertThat(values(idle)).isEqualTo(values(alone));
  }

  @Test
  void theMeanIsWeightedByTheStepsThatReplicasTook() {
    MomentumTask task = MomentumTask.disturbed(STEPS, Accident.IS_LATE, folder);
    PlainAveraging plain = new PlainAveraging(3, OptimizerStatePolicy.AVERAGED);
    plain.run(1, new int[] {STEPS, STEPS / 2, STEPS});

    RoundState state = round(AveragingOptions.averaged(3)).run(start(), task).next();

    assertClose(state.parameters(), plain.parameters());
    assertClose(state.optimizerState().get(0), plain.momentum(0));
    assertThat(state.completedSteps()).isEqualTo(STEPS);
  }

  @Test
  void replicasMayComeAndGoBetweenRounds() {
    for (AveragingOptions options :
        List.of(
            AveragingOptions.averaged(2),
            AveragingOptions.reset(2),
            AveragingOptions.kept(2, states()))) {
      MomentumTask task = MomentumTask.undisturbed(STEPS);
      AveragingRound round = round(options);
      RoundState two = round.run(start(), task).next();
      RoundState five = round.withReplicas(5).run(two, task).next();
      RoundResult<Double> three = round.withReplicas(3).run(five, task);
      assertThat(three.replicas()).hasSize(3);
      assertThat(three.next().completedSteps()).isEqualTo(3L * STEPS);
    }
  }

  @Test
  void aReplicaThatIsNewStartsFromWhatAnotherKept() {
    MomentumTask task = MomentumTask.undisturbed(STEPS);
    ReplicaStates states = states();
    AveragingRound round = round(AveragingOptions.kept(2, states));
    RoundState first = round.run(start(), task).next();
    RoundState grown = round.withReplicas(4).run(first, task).next();

    // As if the first round had had four, of which 2 and 3 ended as 0 and 1.
    for (int replica = 0; replica < 4; replica++) {
      ArrayVector momentum = new ArrayVector(new float[PARAMETERS]);
      states.read(1, replica % 2, List.of(momentum));
      otherStates().write(1, replica, List.of(momentum));
    }
    AveragingRound four = round(AveragingOptions.kept(4, otherStates()));
    assertThat(values(grown)).isEqualTo(values(four.run(first, task).next()));
  }

  @Test
  void theOuterOptimizersStateGoesFromRoundToRound() {
    PlainAveraging plain = new PlainAveraging(REPLICAS, OptimizerStatePolicy.AVERAGED);
    plain.outerMomentum(0.5);
    plain.run(ROUNDS, STEPS);

    RoundState state = train(AveragingOptions.averaged(REPLICAS).withOuter(new HeavyBall(0.5f)));

    assertThat(state.outerState()).hasSize(1);
    assertClose(state.parameters(), plain.parameters());
  }

  @Test
  void roundsWithoutTheirKeptStatesDoNotStart() {
    RoundState later = new RoundState(4, 16, start().parameters(), List.of(), List.of());

    assertThatThrownBy(
            () ->
                round(AveragingOptions.kept(REPLICAS, states()))
                    .run(later, MomentumTask.undisturbed(STEPS)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("Replica 0 has kept no optimizer state of round 4");
  }

  @Test
  void theLoopDeletesStatesThatNoCheckpointNeeds() {
    RoundLoop<Double> loop =
        new RoundLoop<>(
            round(AveragingOptions.kept(2, states())),
            new RoundLoop.Steering<>() {
              @Override
              public RoundLoop.Assignment<Double> assign(RoundState state) {
                return new RoundLoop.Assignment<>(2, MomentumTask.undisturbed(STEPS));
              }

              @Override
              public void finished(RoundResult<Double> result) {}

              @Override
              public Set<Integer> checkpointedRounds() {
                return Set.of(2);
              }
            });

    RoundState state = loop.run(() -> start(), 4 * STEPS);

    assertThat(state.round()).isEqualTo(4);
    assertThat(files(folder.resolve("states")))
        .containsExactlyInAnyOrder("round-0000002", "round-0000004");
  }

  @Test
  void nothingIsLeftOnTheClusterAfterARound() {
    AveragingRound round = round(AveragingOptions.averaged(REPLICAS));
    MomentumTask task = MomentumTask.undisturbed(STEPS);
    Set<Object> shufflesBefore = Leftovers.shuffles();

    RoundState first = round.run(start(), task).next();
    // Spark numbers broadcasts in order, and the chunks are the first that a round makes.
    long before = LocalCluster.spark().broadcast(0).id();
    round.run(first, task);

    int chunks = first.parameters().plan().chunks() * (1 + first.optimizerState().size());
    assertThat(chunks).isEqualTo(2 * 8);
    Leftovers.awaitNoBroadcast(before + 1, before + chunks);
    assertThat(shufflesBefore).containsAll(Leftovers.shuffles());
  }

  private RoundState train(AveragingOptions options) {
    return train(options, MomentumTask.undisturbed(STEPS));
  }

  private RoundState train(AveragingOptions options, MomentumTask task) {
    AveragingRound round = round(options);
    RoundState state = start();
    for (int r = 0; r < ROUNDS; r++) {
      state = round.run(state, task).next();
    }
    return state;
  }

  private static AveragingRound round(AveragingOptions options) {
    return new AveragingRound(LocalCluster.spark(), options);
  }

  private static RoundState start() {
    float[] values = new float[PARAMETERS];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) PlainAveraging.start(i);
    }
    return RoundState.initial(ChunkedVector.copyOf(new ArrayVector(values), CHUNK));
  }

  private ReplicaStates states() {
    return new ReplicaStates(
        new org.apache.hadoop.fs.Path(folder.resolve("states").toUri()), new Configuration());
  }

  private ReplicaStates otherStates() {
    return new ReplicaStates(
        new org.apache.hadoop.fs.Path(folder.resolve("others").toUri()), new Configuration());
  }

  private static float[] values(RoundState state) {
    return ArrayVector.toArray(state.parameters());
  }

  private static void assertClose(FlatVector actual, double[] expected) {
    float[] values = ArrayVector.toArray(actual);
    assertThat(values).hasSameSizeAs(expected);
    for (int i = 0; i < values.length; i++) {
      assertThat((double) values[i]).isCloseTo(expected[i], within(1e-6));
    }
  }

  private static void makeFolder(Path path) {
    try {
      Files.createDirectories(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> files(Path path) {
    try (Stream<Path> files = Files.list(path)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
