package io.polyspark.train;

import io.polyspark.model.transformer.ActivationHealth;
import io.polyspark.train.metrics.ExpertMetrics;
import io.polyspark.train.metrics.HealthMetrics;
import io.polyspark.train.metrics.LayerHealth;
import io.polyspark.train.metrics.Metrics;
import io.polyspark.train.metrics.Notice;
import io.polyspark.train.metrics.RoundMetrics;
import io.polyspark.train.metrics.RunMetrics;
import io.polyspark.train.metrics.StepMetrics;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the record of a round's health on the driver, and says when a measure of it passes its
 * limit and when it is back. What it knows of the rounds before can be told from {@code
 * metrics.jsonl}, so that a resumed run has the records of one without a break.
 */
final class HealthWatch {
  private static final Logger LOG = LoggerFactory.getLogger(HealthWatch.class);

  private final HealthLimits limits;
  private final LossSpikes spikes;

  /** What was last told to lie beyond its limit. */
  private final Set<HealthMeasure> beyond = EnumSet.noneOf(HealthMeasure.class);

  /** For how many rounds in a row a measure has been otherwise than was told. */
  private final Map<HealthMeasure, Integer> otherwise = new EnumMap<>(HealthMeasure.class);

  HealthWatch(HealthLimits limits) {
    this.limits = limits;
    this.spikes = new LossSpikes(limits.lossWindow());
  }

  /** Takes a record of a round before the checkpoint that the run goes on from, in its order. */
  void recall(Metrics record) {
    if (record instanceof StepMetrics step) {
      spikes.add(step);
    } else if (record instanceof RoundMetrics round) {
      spikes.trim();
      changed(HealthMeasure.beyond(limits, round.health()));
    }
  }

  /**
   * The health of a round that has ended, which from now on is one of those before.
   *
   * @param steps of each replica
   * @param activations of each replica that has measured them, each layer's
   * @param experts of each layer of a mixture
   */
  HealthMetrics measure(
      List<List<StepMetrics>> steps,
      List<List<ActivationHealth>> activations,
      List<ExpertMetrics> experts) {
    List<StepMetrics> all = steps.stream().flatMap(List::stream).toList();
    OptionalDouble spike = spikes.score(all);
    all.forEach(spikes::add);
    spikes.trim();
    int notFinite =
        (int)
            all.stream()
                .filter(
                    step -> !Double.isFinite(step.loss()) || !Double.isFinite(step.gradientNorm()))
                .count();
    return new HealthMetrics(spike, notFinite, straggler(steps), layers(activations, experts));
  }

  private static double straggler(List<List<StepMetrics>> steps) {
    List<Double> paces =
        steps.stream()
            .map(taken -> RoundDeadline.medianOf(seconds(taken)))
            .filter(OptionalDouble::isPresent)
            .map(OptionalDouble::getAsDouble)
            .toList();
    double median = RoundDeadline.medianOf(paces).orElse(0);
    double slowest = paces.stream().mapToDouble(Double::doubleValue).max().orElse(0);
    return median > 0 ? slowest / median : 1;
  }

  private static List<Double> seconds(List<StepMetrics> steps) {
    return steps.stream().map(StepMetrics::computeSeconds).toList();
  }

  private List<LayerHealth> layers(
      List<List<ActivationHealth>> activations, List<ExpertMetrics> experts) {
    int count = Math.max(activations.stream().mapToInt(List::size).max().orElse(0), experts.size());
    List<LayerHealth> layers = new ArrayList<>();
    for (int number = 0; number < count; number++) {
      int layer = number;
      List<ActivationHealth> ofReplicas =
          activations.stream()
              .filter(measured -> layer < measured.size())
              .map(measured -> measured.get(layer))
              .toList();
      layers.add(
          new LayerHealth(
              mean(ofReplicas, ActivationHealth::zeros),
              mean(ofReplicas, ActivationHealth::deadChannels),
              mean(ofReplicas, ActivationHealth::saturation),
              layer < experts.size() ? dead(experts.get(layer)) : List.of()));
    }
    boolean applies = layers.stream().anyMatch(layer -> !layer.equals(LayerHealth.NOTHING));
    return applies ? layers : List.of();
  }

  /** In the replicas' order, so that the same run has the same bits. */
  private static OptionalDouble mean(
      List<ActivationHealth> of, ToDoubleFunction<ActivationHealth> measure) {
    double[] values =
        of.stream().mapToDouble(measure).filter(value -> !Double.isNaN(value)).toArray();
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return values.length == 0 ? OptionalDouble.empty() : OptionalDouble.of(sum / values.length);
  }

  private List<Integer> dead(ExpertMetrics experts) {
    List<Double> load = experts.load();
    return IntStream.range(0, load.size())
        .filter(expert -> load.get(expert) < limits.expertLoad() / load.size())
        .boxed()
        .toList();
  }

  /** Says what this round has carried beyond its limit, or brought back. */
  void tell(RunMetrics metrics, int round, HealthMetrics health) {
    Map<HealthMeasure, String> now = HealthMeasure.beyond(limits, health);
    for (HealthMeasure measure : changed(now)) {
      if (now.containsKey(measure)) {
        String sentence = "Round %d: %s".formatted(round, now.get(measure));
        LOG.warn(sentence);
        metrics.notice(Notice.Topic.HEALTH, Notice.Severity.WARNING, sentence);
      } else {
        String sentence = "Round %d: %s is normal again".formatted(round, measure.words());
        LOG.info(sentence);
        metrics.notice(Notice.Topic.HEALTH, Notice.Severity.INFO, sentence);
      }
    }
  }

  /** The measures whose state is another from now on, so that one which wavers is told once. */
  private List<HealthMeasure> changed(Map<HealthMeasure, String> now) {
    List<HealthMeasure> changed = new ArrayList<>();
    for (HealthMeasure measure : HealthMeasure.values()) {
      boolean isBeyond = now.containsKey(measure);
      if (isBeyond == beyond.contains(measure)) {
        otherwise.remove(measure);
      } else if (otherwise.merge(measure, 1, Integer::sum) >= measure.rounds(isBeyond)) {
        otherwise.remove(measure);
        changed.add(measure);
        if (isBeyond) {
          beyond.add(measure);
        } else {
          beyond.remove(measure);
        }
      }
    }
    return changed;
  }
}
