package io.polyspark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.polyspark.model.transformer.ActivationHealth;
import io.polyspark.train.metrics.ExpertMetrics;
import io.polyspark.train.metrics.HealthMetrics;
import io.polyspark.train.metrics.LayerHealth;
import io.polyspark.train.metrics.MetricsSink;
import io.polyspark.train.metrics.Notice;
import io.polyspark.train.metrics.ReplicaRoundEvent;
import io.polyspark.train.metrics.RoundMetrics;
import io.polyspark.train.metrics.RunMetrics;
import io.polyspark.train.metrics.StepMetrics;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;

class HealthWatchTest {
  private static final HealthLimits LIMITS = new HealthLimits(0.99, 0.5, 0.9, 0.1, 8, 20, 2);

  @Test
  void aLossThatSticksOutIsMeasuredInDeviationsOfThoseBefore() {
    HealthWatch watch = new HealthWatch(LIMITS);
    HealthMetrics first = watch.measure(List.of(noise(1, 20)), List.of(), List.of());
    // Losses 1.9, 2.0, 2.1 in turn: of their distances from 2.0 a third are 0 and the others 0.1.
    List<StepMetrics> spike = new ArrayList<>(noise(21, 3));
    spike.set(1, step(0, 22, 4.0, 1));
    HealthMetrics second = watch.measure(List.of(spike), List.of(), List.of());
    assertThat(first.lossSpike()).isEmpty();
    assertThat(second.lossSpike().orElseThrow()).isCloseTo(2 / 0.14826, within(1e-9));
  }

  @Test
  void theWindowForgetsWhatLiesBeforeIt() {
    HealthWatch watch = new HealthWatch(LIMITS);
    watch.measure(
        List.of(IntStream.rangeClosed(1, 20).mapToObj(i -> step(0, i, 9.0, 1)).toList()),
        List.of(),
        List.of());
    watch.measure(List.of(noise(21, 20)), List.of(), List.of());
    HealthMetrics third = watch.measure(List.of(noise(41, 3)), List.of(), List.of());
    assertThat(third.lossSpike().orElseThrow()).isCloseTo(0.1 / 0.14826, within(1e-9));
  }

  @Test
  void activationsAreMeansOfTheReplicasThatMeasuredThem() {
    List<ActivationHealth> one =
        List.of(
            new ActivationHealth(0.5, 0.25, Double.NaN),
            new ActivationHealth(Double.NaN, Double.NaN, 0.25));
    List<ActivationHealth> other =
        List.of(
            new ActivationHealth(0.75, 0, Double.NaN),
            new ActivationHealth(Double.NaN, Double.NaN, 0.75));
    HealthMetrics health =
        new HealthWatch(LIMITS)
            .measure(
                List.of(noise(1, 2), noise(1, 2), noise(1, 1)),
                List.of(one, other, List.of()),
                List.of());
    assertThat(health.layers())
        .containsExactly(
            new LayerHealth(
                OptionalDouble.of(0.625),
                OptionalDouble.of(0.125),
                OptionalDouble.empty(),
                List.of()),
            new LayerHealth(
                OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.of(0.5), List.of()));
  }

  @Test
  void whatDoesNotApplyToAModelIsLeftOut() {
    ActivationHealth nothing = new ActivationHealth(Double.NaN, Double.NaN, Double.NaN);
    HealthMetrics health =
        new HealthWatch(LIMITS)
            .measure(List.of(noise(1, 2)), List.of(List.of(nothing, nothing)), List.of());
    assertThat(health.layers()).isEmpty();
  }

  @Test
  void expertsThatServeLittleAreDead() {
    ExpertMetrics experts = new ExpertMetrics(List.of(0.4, 0.024, 0.026, 0.55), 1, 1, 1, 0);
    HealthMetrics health =
        new HealthWatch(LIMITS).measure(List.of(noise(1, 2)), List.of(), List.of(experts));
    assertThat(health.layers()).extracting(LayerHealth::deadExperts).containsExactly(List.of(1));
  }

  @Test
  void theSlowestReplicaIsHeldAgainstTheMedian() {
    List<List<StepMetrics>> steps =
        List.of(
            List.of(step(0, 1, 2, 1.0)), List.of(step(1, 1, 2, 1.5)), List.of(step(2, 1, 2, 4.5)));
    assertThat(new HealthWatch(LIMITS).measure(steps, List.of(), List.of()).straggler())
        .isEqualTo(3);
  }

  @Test
  void aMeasureThatPassesItsLimitForSomeRoundsIsSaidOnceAndOnceWhenItIsBack() {
    HealthWatch watch = new HealthWatch(LIMITS);
    List<Notice> notices = new ArrayList<>();
    try (RunMetrics metrics = new RunMetrics(0, List.of(new Notices(notices)))) {
      double[] channels = {0.2, 0.75, 0.75, 0.2, 0.75, 0.75, 0.8, 0.2, 0.8, 0.2, 0.2, 0.2, 0.2};
      double[] slowest = {5, 5, 1, 1, 1, 1, 1, 2.5, 2.5, 2.5, 1, 1, 1};
      for (int i = 0; i < channels.length; i++) {
        watch.tell(metrics, i + 1, health(channels[i], slowest[i]));
      }
      metrics.ended("");
    }
    assertThat(notices)
        .extracting(Notice::severity, Notice::text)
        .containsExactly(
            said(
                Notice.Severity.WARNING,
                "Round 7: the share of channels that are zero for every token is 0.800 in layer 1,"
                    + " more than health.dead_channels=0.5"),
            said(
                Notice.Severity.WARNING,
                "Round 10: the slowest replica takes 2.5 times as long for a step as the median, more"
                    + " than health.straggler=2.0"),
            said(
                Notice.Severity.INFO,
                "Round 12: the share of channels that are zero for every token is normal again"),
            said(Notice.Severity.INFO, "Round 13: the slowest replica is normal again"));
  }

  private static Tuple said(Notice.Severity severity, String text) {
    return Tuple.tuple(severity, text);
  }

  private static HealthMetrics health(double deadChannels, double straggler) {
    LayerHealth healthy =
        new LayerHealth(
            OptionalDouble.of(0.5), OptionalDouble.of(0.1), OptionalDouble.empty(), List.of());
    LayerHealth layer =
        new LayerHealth(
            OptionalDouble.of(0.5),
            OptionalDouble.of(deadChannels),
            OptionalDouble.empty(),
            List.of());
    return new HealthMetrics(OptionalDouble.empty(), 0, straggler, List.of(healthy, layer));
  }

  /** Losses of 1.9, 2.0 and 2.1 in turn. */
  private static List<StepMetrics> noise(int from, int count) {
    return IntStream.range(from, from + count)
        .mapToObj(i -> step(0, i, 2 + (i % 3 - 1) * 0.1, 1))
        .toList();
  }

  private static StepMetrics step(int replica, long step, double loss, double seconds) {
    return new StepMetrics(1, replica, step, loss, 1, 1e-3, 64, seconds);
  }

  private record Notices(List<Notice> into) implements MetricsSink {
    @Override
    public void replicaRound(ReplicaRoundEvent event) {}

    @Override
    public void round(RoundMetrics round) {}

    @Override
    public void notice(Notice notice) {
      into.add(notice);
    }
  }
}
