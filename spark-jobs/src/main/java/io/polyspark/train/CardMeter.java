package io.polyspark.train;

import io.polyspark.model.benchmark.ProductPeak;
import io.polyspark.model.device.CardUse;
import io.polyspark.model.device.DeviceChoice;
import io.polyspark.model.transformer.Flops;
import io.polyspark.train.metrics.CardMetrics;
import io.polyspark.train.metrics.StepMetrics;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;

/**
 * Measures how one round of one replica uses its card, beside the computation: the driver's tool is
 * asked once, after the first step, and nobody waits for its answer.
 */
final class CardMeter {
  private final int index;
  private final double peak;
  private final long flopsPerToken;
  private CompletableFuture<Optional<CardUse>> use =
      CompletableFuture.completedFuture(Optional.empty());

  private CardMeter(int index, double peak, long flopsPerToken) {
    this.index = index;
    this.peak = peak;
    this.flopsPerToken = flopsPerToken;
  }

  /**
   * A meter of this thread's card. The first in a JVM measures what the card multiplies at best,
   * before a replica fills its memory.
   */
  static CardMeter start(TrainConfig training) {
    return new CardMeter(
        DeviceChoice.index(),
        ProductPeak.ofCard(training.dtype()),
        Flops.perToken(training.model(), training.context()));
  }

  /** Asks the driver's tool, on another thread. */
  void look() {
    use = CompletableFuture.supplyAsync(() -> CardUse.ask(index));
  }

  /** What has been found by now. */
  CardMetrics read(List<StepMetrics> steps) {
    Optional<CardUse> found = use.getNow(Optional.empty());
    return new CardMetrics(
        found.map(CardUse::memoryUsed).orElse(null),
        found.map(CardUse::memoryTotal).orElse(null),
        found.map(CardUse::utilization).orElse(null),
        peakShare(steps).stream().boxed().findFirst().orElse(null));
  }

  private OptionalDouble peakShare(List<StepMetrics> steps) {
    double seconds = steps.stream().mapToDouble(StepMetrics::computeSeconds).sum();
    long tokens = steps.stream().mapToLong(StepMetrics::tokens).sum();
    return seconds > 0 && peak > 0
        ? OptionalDouble.of(flopsPerToken * (tokens / seconds) / peak)
        : OptionalDouble.empty();
  }
}
