package io.polyspark.train.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.polyspark.testing.LocalCluster;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DriftTest {
  private static final ChunkPlan PLAN = new ChunkPlan(10_000, 3000);

  @Test
  void isTheDistanceFromTheMeanOfAllReplicasOverHowFarThatHasCome() {
    assertClose(drift(AveragingOptions.reset(3)), expected(3), 1e-9);
  }

  @ParameterizedTest
  @EnumSource(
      value = DeltaFormat.class,
      names = {"BF16", "INT8"})
  void isMeasuredOfDeltasAsTheyArrive(DeltaFormat format) {
    assertClose(drift(AveragingOptions.reset(3).withDeltas(format, 7)), expected(3), 0.01);
  }

  @Test
  void doesNotDependOnTheNumberOfReducers() {
    assertThat(drift(AveragingOptions.reset(3).withReducers(4)))
        .isEqualTo(drift(AveragingOptions.reset(3).withReducers(1)));
  }

  @Test
  void isEstimatedFromPartsOfThePiecesWhereReplicasAreMany() {
    int replicas = Drift.PIECES + 8;
    assertClose(drift(AveragingOptions.reset(replicas)), expected(replicas), 0.03);
  }

  @Test
  void aReplicaAloneHasNone() {
    assertThat(drift(AveragingOptions.reset(1))).containsExactly(0.0);
  }

  private static List<Double> drift(AveragingOptions options) {
    RoundState start = RoundState.initial(StateStorage.MEMORY.zeros(PLAN));
    return new AveragingRound(LocalCluster.spark(), options)
        .run(start, new NoisyTask(PLAN))
        .drift();
  }

  /** From all numbers at once, in float64. */
  private static List<Double> expected(int replicas) {
    double[] distances = new double[replicas];
    double norm = 0;
    for (long element = 0; element < PLAN.length(); element++) {
      double mean = 0;
      for (int replica = 0; replica < replicas; replica++) {
        mean += NoisyTask.noise(1, replica, element) / (double) replicas;
      }
      for (int replica = 0; replica < replicas; replica++) {
        distances[replica] += Math.pow(NoisyTask.noise(1, replica, element) - mean, 2);
      }
      norm += mean * mean;
    }
    double ofMean = norm;
    return IntStream.range(0, replicas)
        .mapToObj(replica -> Math.sqrt(distances[replica] / ofMean))
        .toList();
  }

  private static void assertClose(List<Double> drift, List<Double> expected, double tolerance) {
    assertThat(drift).hasSameSizeAs(expected);
    for (int replica = 0; replica < drift.size(); replica++) {
      assertThat(drift.get(replica)).isCloseTo(expected.get(replica), within(tolerance));
    }
  }
}
