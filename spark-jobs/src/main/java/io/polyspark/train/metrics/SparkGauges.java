package io.polyspark.train.metrics;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.Meter;
import com.codahale.metrics.MetricFilter;
import com.codahale.metrics.MetricRegistry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkEnv;
import org.apache.spark.metrics.MetricsSystem;
import org.apache.spark.metrics.source.Source;

/**
 * The newest round in Spark's own metrics system, on the driver, so that every sink which Spark has
 * takes it from there: a gauge for each of {@link RoundScalars}, two for each replica and four for
 * its card where it has one, a meter of tokens, and a counter of warnings for each topic of
 * notices. A gauge appears with its first value. They stay, with their last values, until the
 * application ends or its next run of that name begins; those of a run that has others beside it go
 * with the run.
 */
public final class SparkGauges implements MetricsSink, Source {
  /** The name under which Spark's sinks have it. */
  public static final String NAME = "polyspark";

  private final MetricRegistry registry = new MetricRegistry();
  private final Map<String, Double> values = new ConcurrentHashMap<>();
  private final List<StepMetrics> steps = new ArrayList<>();
  private final Meter tokens = registry.meter("tokens");

  private final String name;

  /**
   * Takes the place of an earlier run's.
   *
   * @param run what tells the run from those beside it, the last part of the source's name; empty
   *     where it is alone
   */
  public SparkGauges(String run) {
    name = run.isEmpty() ? NAME : NAME + "." + run;
    for (Notice.Topic topic : Notice.Topic.values()) {
      registry.counter(warnings(topic));
    }
    MetricsSystem system = SparkEnv.get().metricsSystem();
    system
        .getSourcesByName(name)
        .foreach(
            before -> {
              empty(before.metricRegistry());
              return null;
            });
    system.registerSource(this);
  }

  /**
   * Spark's system follows. Its own removal of a source would take all sources along whose names
   * begin with this one's: seed10 with seed1.
   */
  private static void empty(MetricRegistry registry) {
    registry.removeMatching(MetricFilter.ALL);
  }

  private static String warnings(Notice.Topic topic) {
    return "warnings." + topic.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String sourceName() {
    return name;
  }

  @Override
  public MetricRegistry metricRegistry() {
    return registry;
  }

  @Override
  public void replicaRound(ReplicaRoundEvent event) {
    steps.addAll(event.steps());
    tokens.mark(event.steps().stream().mapToLong(StepMetrics::tokens).sum());
  }

  @Override
  public void round(RoundMetrics round) {
    RoundScalars.of(round, steps).forEach(this::set);
    steps.clear();
    for (ReplicaMetrics replica : round.replicas()) {
      set("replica." + replica.replica() + ".tokens_per_second", replica.tokensPerSecond());
      set("replica." + replica.replica() + ".drift", replica.drift());
      if (replica.card() != null) {
        card("replica." + replica.replica() + ".gpu.", replica.card());
      }
    }
  }

  /** A round whose card has not been seen leaves the values of the one before. */
  private void card(String prefix, CardMetrics card) {
    Map<String, Number> known = new HashMap<>();
    known.put("memory_used", card.memoryUsed());
    known.put("memory_total", card.memoryTotal());
    known.put("utilization", card.utilization());
    known.put("peak_share", card.peakShare());
    known.values().removeIf(Objects::isNull);
    known.forEach((name, value) -> set(prefix + name, value.doubleValue()));
  }

  private void set(String gauge, double value) {
    if (values.put(gauge, value) == null) {
      Gauge<Double> newest = () -> values.get(gauge);
      registry.register(gauge, newest);
    }
  }

  @Override
  public void notice(Notice notice) {
    if (notice.severity() == Notice.Severity.WARNING) {
      registry.counter(warnings(notice.topic())).inc();
    }
  }

  @Override
  public void close() {
    if (!name.equals(NAME)) {
      empty(registry);
    }
  }
}
