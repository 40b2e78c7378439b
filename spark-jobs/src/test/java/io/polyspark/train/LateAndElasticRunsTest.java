package io.polyspark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.checkpoint.TrainerState;
import io.polyspark.model.config.ConfigSection;
import io.polyspark.model.shards.DataPosition;
import io.polyspark.model.shards.SampleRange;
import io.polyspark.testing.LocalCluster;
import io.polyspark.train.averaging.OptimizerStatePolicy;
import io.polyspark.train.metrics.Notice;
import io.polyspark.train.metrics.RoundMetrics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs whose replicas are late, or come and go, on a real cluster with a clock of its own. */
class LateAndElasticRunsTest {
  /** A step takes a second, but replica 1 needs five for those of round 2. */
  private static final StepClock SLOW_ONCE =
      (round, replica, steps) ->
          steps * (round == 2 && replica == 1 ? 5_000_000_000L : 1_000_000_000L);

  @TempDir static Path directory;
  private static TinyRuns runs;

  @BeforeAll
  static void prepareText() throws IOException {
    runs = TinyRuns.in(directory);
  }

  @ParameterizedTest
  @ValueSource(strings = {"averaged", "kept", "reset"})
  void aLateReplicaStopsAndARunThatIsResumedAfterItGoesOnBitForBit(String policy)
      throws IOException {
    TrainConfig config =
        runs.config(
            "inner_steps=4",
            "steps=16",
            "round_deadline=2x median",
            "averaging.optimizer_state=" + policy);
    Surroundings slow = new Surroundings(SLOW_ONCE, () -> 2);
    Path whole = directory.resolve("late-" + policy);
    Path broken = directory.resolve("late-broken-" + policy);
    runs.train(config, whole, false, slow);
    runs.train(config, broken, false, slow);
    TinyRuns.delete(broken.resolve("checkpoints/round-0000004"));
    TinyRuns.delete(broken.resolve("checkpoints/round-0000003"));
    TrainResult resumed = runs.train(config, broken, true, slow);

    // 2 x 1 s x 4 steps are over after the second step of 5 s.
    assertThat(TinyRuns.rounds(whole))
        .extracting(RoundMetrics::replicaSteps)
        .containsExactly(List.of(4, 4), List.of(4, 2), List.of(4, 4), List.of(4, 4));
    assertThat(TinyRuns.rounds(whole))
        .extracting(RoundMetrics::step)
        .containsExactly(4L, 8L, 12L, 16L);
    assertThat(TinyRuns.notices(whole))
        .filteredOn(notice -> notice.topic() == Notice.Topic.REPLICAS)
        .extracting(Notice::round, Notice::text)
        .containsExactly(
            tuple(
                2,
                "Round 2: replica 1 reached the deadline of 8.0 s and stopped after 2 of 4 steps; the"
                    + " mean counts it by its steps, the samples that it left come next, and another"
                    + " run will not give the same bits"));
    assertThat(resumed.tokensSeen()).isEqualTo((16 + 14) * 4L * 16);
    assertThat(TinyRuns.model(broken)).isEqualTo(TinyRuns.model(whole));
    assertThat(TinyRuns.trainedLines(broken)).isEqualTo(TinyRuns.trainedLines(whole));
    // Replica 1 left rows of its steps 2 and 3: 32 + (2 * 2 + 1) * 4 and 32 + (3 * 2 + 1) * 4.
    assertThat(state(broken, 2).position())
        .isEqualTo(new DataPosition(64, List.of(new SampleRange(52, 4), new SampleRange(60, 4))));
    assertThat(state(broken, 4).position()).isEqualTo(new DataPosition(128 - 8, List.of()));
  }

  @Test
  void aDeadlineThatNobodyReachesChangesNoBit() throws IOException {
    Path without = directory.resolve("without-deadline");
    Path with = directory.resolve("with-deadline");
    Surroundings even = new Surroundings((round, replica, steps) -> steps, () -> 2);
    runs.train(runs.config(), without, false, even);
    runs.train(runs.config("round_deadline=2x median"), with, false, even);
    assertThat(TinyRuns.model(with)).isEqualTo(TinyRuns.model(without));
    assertThat(TinyRuns.trainedLines(with)).isEqualTo(TinyRuns.trainedLines(without));
  }

  @Test
  void replicasFollowTheSlotsOfTheCluster() throws IOException {
    Path run = directory.resolve("slots");
    runs.train(
        runs.config("replicas={min: 1, max: 5}"),
        run,
        false,
        Surroundings.of(LocalCluster.spark()));
    assertThat(TinyRuns.rounds(run))
        .extracting(round -> round.replicaSteps().size())
        .containsOnly(LocalCluster.SLOTS);
  }

  @ParameterizedTest
  @EnumSource(OptimizerStatePolicy.class)
  void replicasComeAndGoAndAResumedRunEqualsAnUninterruptedOne(OptimizerStatePolicy policy)
      throws IOException {
    TrainConfig config =
        runs.config(
            "replicas={min: 2, max: 4}",
            "averaging.optimizer_state=" + ConfigSection.nameOf(policy));
    Path whole = directory.resolve("elastic-" + policy);
    Path broken = directory.resolve("elastic-broken-" + policy);
    runs.train(config, whole, false, slots(1, 3, 9, 3));
    runs.train(config, broken, false, slots(1, 3, 9, 3));
    TinyRuns.delete(broken.resolve("checkpoints/round-0000004"));
    TinyRuns.delete(broken.resolve("checkpoints/round-0000003"));
    runs.train(config, broken, true, slots(9, 3));

    assertThat(TinyRuns.rounds(whole))
        .extracting(round -> round.replicaSteps().size())
        .containsExactly(2, 3, 4, 3);
    assertThat(TinyRuns.notices(whole))
        .filteredOn(notice -> notice.topic() == Notice.Topic.REPLICAS)
        .extracting(Notice::round, notice -> notice.text().split(":", 2)[0])
        .containsExactly(
            tuple(2, "Round 2 has 3 replicas, the one before had 2"),
            tuple(3, "Round 3 has 4 replicas, the one before had 3"),
            tuple(4, "Round 4 has 3 replicas, the one before had 4"));
    assertThat(TinyRuns.model(broken)).isEqualTo(TinyRuns.model(whole));
    assertThat(TinyRuns.trainedLines(broken)).isEqualTo(TinyRuns.trainedLines(whole));
    assertThat(state(broken, 2).replicas()).isEqualTo(3);
    assertThat(state(broken, 4).position())
        .isEqualTo(new DataPosition((2 + 3 + 4 + 3) * 2 * 4, List.of()));
  }

  @ParameterizedTest
  @EnumSource(OptimizerStatePolicy.class)
  void aRunResumesWithAnotherNumberOfReplicas(OptimizerStatePolicy policy) throws IOException {
    String setting = "averaging.optimizer_state=" + ConfigSection.nameOf(policy);
    Path run = directory.resolve("regrown-" + policy);
    Surroundings surroundings = Surroundings.of(LocalCluster.spark());
    runs.train(runs.config("steps=2", setting), run, false, surroundings);
    runs.train(runs.config("steps=4", "replicas=3", setting), run, true, surroundings);
    runs.train(runs.config("steps=6", "replicas=1", setting), run, true, surroundings);
    assertThat(TinyRuns.rounds(run))
        .extracting(RoundMetrics::replicaSteps)
        .containsExactly(List.of(2, 2), List.of(2, 2, 2), List.of(2));
    assertThat(state(run, 3).position().counter()).isEqualTo((2 + 3 + 1) * 2 * 4);
  }

  private static Surroundings slots(Integer... each) {
    Iterator<Integer> next = List.of(each).iterator();
    return new Surroundings((round, replica, steps) -> steps, next::next);
  }

  private static TrainerState state(Path run, int round) throws IOException {
    Path checkpoint = run.resolve(String.format("checkpoints/round-%07d", round));
    return Checkpoint.open(FileSystem.getLocal(new Configuration()), TinyRuns.hadoop(checkpoint))
        .trainer();
  }
}
