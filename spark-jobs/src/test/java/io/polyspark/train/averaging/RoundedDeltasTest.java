package io.polyspark.train.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.checkpoint.SafetensorsFile;
import io.polyspark.model.config.UserError;
import io.polyspark.model.random.SplitMix64;
import io.polyspark.testing.LocalCluster;
import io.polyspark.train.averaging.MomentumTask.Accident;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rounds on a real cluster whose deltas travel in fewer bytes. */
class RoundedDeltasTest {
  private static final int PARAMETERS = AveragingRoundTest.PARAMETERS;
  private static final int CHUNK = 128;
  private static final int CHUNKS = 8;
  private static final int REPLICAS = 3;
  private static final int STEPS = 4;
  private static final long SEED = 99;

  @TempDir Path folder;

  /** Of momentum that starts anew, a round's deltas follow from its parameters alone. */
  @Test
  void twoRoundsAreThoseOfThePlainComputation() {
    AveragingRound round =
        round(AveragingOptions.reset(REPLICAS).withDeltas(DeltaFormat.INT8, SEED), states("a"));
    RoundState first = round.run(start(), MomentumTask.undisturbed(STEPS)).next();
    RoundState second = round.run(first, MomentumTask.undisturbed(STEPS)).next();

    float[][] residuals = new float[REPLICAS][PARAMETERS];
    float[] plain = plainRound(1, values(start()), residuals);
    assertThat(values(first)).isEqualTo(plain);
    plain = plainRound(2, plain, residuals);
    assertThat(values(second)).isEqualTo(plain);
    for (int replica = 0; replica < REPLICAS; replica++) {
      assertThat(residual("a", 2, replica)).isEqualTo(residuals[replica]);
    }
  }

  @Test
  void neitherReducersNorASecondRunChangeABit() {
    for (DeltaFormat format : List.of(DeltaFormat.BF16, DeltaFormat.INT8)) {
      AveragingOptions options = AveragingOptions.averaged(REPLICAS).withDeltas(format, SEED);
      float[] one = values(train(options.withReducers(1), states(format + "-1")));
      assertThat(values(train(options.withReducers(7), states(format + "-7")))).isEqualTo(one);

      AveragingOptions other = options.withDeltas(format, SEED + 1);
      assertThat(values(train(other, states(format + "-seed")))).isNotEqualTo(one);
    }
  }

  /** In the second round, so that the task that is run again has a residual to start from. */
  @Test
  void anExecutorThatDiesChangesNoBit() {
    AveragingOptions options =
        AveragingOptions.kept(REPLICAS, states("b")).withDeltas(DeltaFormat.INT8, SEED);
    AveragingRound round = round(options, states("b"));
    RoundState first = round.run(start(), MomentumTask.undisturbed(STEPS)).next();
    float[] undisturbed = values(round.run(first, MomentumTask.undisturbed(STEPS)).next());
    float[] residual = residual("b", 2, 1);

    MomentumTask dying = MomentumTask.disturbed(STEPS, Accident.FIRST_EXECUTOR_DIES, folder);
    float[] disturbed = values(round.run(first, dying).next());

    assertThat(folder.resolve("round-2-attempt-1")).exists();
    assertThat(disturbed).isEqualTo(undisturbed);
    assertThat(residual("b", 2, 1)).isEqualTo(residual).isNotEqualTo(new float[PARAMETERS]);
  }

  @Test
  void theBytesThatTravelAreCounted() {
    MomentumTask task = MomentumTask.undisturbed(STEPS);
    RoundState start = start();
    long vector = 4L * PARAMETERS;
    RoundResult<Double> averaged = plain(AveragingOptions.averaged(REPLICAS)).run(start, task);
    assertThat(averaged.traffic()).isEqualTo(new RoundTraffic(REPLICAS * 2 * vector, vector));
    assertThat(plain(AveragingOptions.averaged(REPLICAS)).run(averaged.next(), task).traffic())
        .isEqualTo(new RoundTraffic(REPLICAS * 2 * vector, 2 * vector));

    AveragingOptions reset = AveragingOptions.reset(REPLICAS);
    assertThat(plain(reset.withDeltas(DeltaFormat.BF16, SEED)).run(start, task).traffic())
        .isEqualTo(new RoundTraffic(REPLICAS * vector / 2, vector));
    assertThat(plain(reset.withDeltas(DeltaFormat.INT8, SEED)).run(start, task).traffic())
        .isEqualTo(new RoundTraffic(REPLICAS * (PARAMETERS + 4L * CHUNKS), vector));
  }

  @Test
  void aReplicaThatIsNewStartsFromZeroAndOneThatIsMissingIsNamed() throws IOException {
    MomentumTask task = MomentumTask.undisturbed(STEPS);
    AveragingOptions two = AveragingOptions.reset(2).withDeltas(DeltaFormat.INT8, SEED);
    AveragingOptions three = AveragingOptions.reset(3).withDeltas(DeltaFormat.INT8, SEED);
    RoundState first = round(two, states("c")).run(start(), task).next();
    float[] grown = values(round(three, states("c")).run(first, task).next());

    float[][] residuals = new float[3][];
    residuals[0] = residual("c", 1, 0);
    residuals[1] = residual("c", 1, 1);
    residuals[2] = new float[PARAMETERS];
    assertThat(grown).isEqualTo(plainRound(2, values(first), residuals));

    Path gone = folder.resolve("c/round-0000001/residual-00000.safetensors");
    Files.delete(gone);
    assertThatThrownBy(() -> round(two, states("c")).run(first, task))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("Replica 0's residual of round 1 is missing")
        .hasMessageContaining(gone.toString());
  }

  @Test
  void aReplicaWithoutDataKeepsItsResidual() {
    AveragingOptions options = AveragingOptions.averaged(2).withDeltas(DeltaFormat.INT8, SEED);
    AveragingRound round = round(options, states("d"));
    RoundState first = round.run(start(), MomentumTask.undisturbed(STEPS)).next();
    round.run(first, MomentumTask.disturbed(STEPS, Accident.HAS_NO_DATA, folder));

    assertThat(residual("d", 2, 1))
        .isEqualTo(residual("d", 1, 1))
        .isNotEqualTo(new float[PARAMETERS]);
    assertThat(residual("d", 2, 0)).isNotEqualTo(residual("d", 1, 0));
  }

  @Test
  void anInfiniteParameterEndsTheRound() {
    MomentumTask task = MomentumTask.disturbed(STEPS, Accident.PARAMETER_IS_INFINITE, folder);
    AveragingOptions options = AveragingOptions.averaged(2).withDeltas(DeltaFormat.INT8, SEED);
    assertThatThrownBy(() -> round(options, states("e")).run(start(), task))
        .isInstanceOf(DivergedException.class)
        .hasMessage("A parameter is not finite (round 1, replica 1, step 4)");
  }

  @Test
  void whatDoesNotGoTogetherIsRefused() {
    AveragingOptions exact = AveragingOptions.averaged(2);
    assertThatThrownBy(() -> exact.withErrorFeedback(states("f")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Deltas in float32 have no error to be fed back");
  }

  /** A round as its definition has it, residuals replaced by those after it. */
  private static float[] plainRound(int round, float[] parameters, float[][] residuals) {
    double[] mean = new double[PARAMETERS];
    for (int replica = 0; replica < residuals.length; replica++) {
      SplitMix64 random = new SplitMix64(SEED, round, replica);
      float[] sent = new float[PARAMETERS];
      for (int i = 0; i < PARAMETERS; i++) {
        float delta = parameters[i] - trained(parameters[i], i, replica, (round - 1L) * STEPS);
        sent[i] = delta + residuals[replica][i];
      }
      for (int from = 0; from < PARAMETERS; from += CHUNK) {
        int to = Math.min(from + CHUNK, PARAMETERS);
        double largest = 0;
        for (int i = from; i < to; i++) {
          largest = Math.max(largest, Math.abs(sent[i]));
        }
        float scale = (float) (largest / 127);
        if (scale * 127.0 < largest) {
          scale = Math.nextUp(scale);
        }
        for (int i = from; i < to; i++) {
          double steps = (double) sent[i] / scale;
          double below = Math.floor(steps);
          double chance = ((random.at(i) >>> 32) + 0.5) / (1L << 32);
          double arrived = scale * (chance >= 1 - (steps - below) ? below + 1 : below);
          residuals[replica][i] = (float) (sent[i] - arrived);
          mean[i] += arrived;
        }
      }
    }
    float[] next = new float[PARAMETERS];
    for (int i = 0; i < PARAMETERS; i++) {
      next[i] = (float) (parameters[i] - mean[i] / residuals.length);
    }
    return next;
  }

  /** What {@link MomentumTask} makes of one parameter without a momentum from before. */
  private static float trained(float start, int element, int replica, long completed) {
    float x = start;
    float momentum = 0;
    for (long step = completed; step < completed + STEPS; step++) {
      double gradient = MomentumTask.gradient(x, element, replica, step);
      momentum =
          (float) (MomentumTask.MOMENTUM * momentum + (1 - MomentumTask.MOMENTUM) * gradient);
      x = (float) (x - MomentumTask.rate(step) * momentum);
    }
    return x;
  }

  private RoundState train(AveragingOptions options, ReplicaStates states) {
    AveragingRound round = round(options, states);
    RoundState first = round.run(start(), MomentumTask.undisturbed(STEPS)).next();
    return round.run(first, MomentumTask.undisturbed(STEPS)).next();
  }

  private static AveragingRound round(AveragingOptions options, ReplicaStates states) {
    return plain(options.withErrorFeedback(states));
  }

  private static AveragingRound plain(AveragingOptions options) {
    return new AveragingRound(LocalCluster.spark(), options);
  }

  private static RoundState start() {
    float[] values = new float[PARAMETERS];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) PlainAveraging.start(i);
    }
    return RoundState.initial(ChunkedVector.copyOf(new ArrayVector(values), CHUNK));
  }

  private ReplicaStates states(String name) {
    return new ReplicaStates(
        new org.apache.hadoop.fs.Path(folder.resolve(name).toUri()), new Configuration());
  }

  private float[] residual(String name, int round, int replica) {
    float[] residual = new float[PARAMETERS];
    try (SafetensorsFile file = states(name).openResidual(round, replica, PARAMETERS)) {
      file.read(ReplicaStates.RESIDUAL, 0, residual, PARAMETERS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return residual;
  }

  private static float[] values(RoundState state) {
    return ArrayVector.toArray(state.parameters());
  }
}
