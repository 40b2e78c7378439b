package io.polyspark.report;

import io.polyspark.model.config.UserError;
import io.polyspark.train.metrics.Metrics;
import io.polyspark.train.metrics.MetricsFile;
import io.polyspark.train.metrics.Notice;
import io.polyspark.train.metrics.ReplicaMetrics;
import io.polyspark.train.metrics.RoundMetrics;
import io.polyspark.train.metrics.StepMetrics;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * What {@code metrics.jsonl} tells of a run. It is read as a stream, and what is kept of it does
 * not grow with the number of its rounds.
 */
public final class RunHistory {
  /** Notices of each severity that are kept, the newest. */
  static final int MOST_NOTICES = 200;

  /** Lines of all charts together: layers times coefficients of large models, and no more. */
  private static final int MOST_LINES = 2000;

  private static final int MOST_HOSTS = 200;

  private final Map<Measure, Curve> measures = new EnumMap<>(Measure.class);
  private final Curve stepLosses = new Curve();
  private final Map<Family, Map<ChartName, Map<String, Curve>>> families =
      new EnumMap<>(Family.class);
  private final Map<RoundPart, Double> seconds = new EnumMap<>(RoundPart.class);
  private final Map<Notice.Severity, Deque<Notice>> notices = new EnumMap<>(Notice.Severity.class);
  private final Set<String> hosts = new TreeSet<>();
  private final TreeMap<Long, Step> steps = new TreeMap<>();
  private int lines;
  private long noticeCount;
  private long rounds;
  private double wallSeconds;
  private double outsideSeconds;
  private long tokensBefore;
  private RoundMetrics first;
  private RoundMetrics last;

  /** The means over the replicas of a step. */
  private static final class Step {
    private final Map<Measure, Double> means = new EnumMap<>(Measure.class);
    private double loss;
    private int replicas;
  }

  RunHistory() {
    for (Measure measure : Measure.values()) {
      measures.put(measure, new Curve());
    }
  }

  /**
   * Reads {@code metrics.jsonl}.
   *
   * @throws UserError if it is not there, or naming the first line that is no record
   * @throws IOException if it cannot be read
   */
  public static RunHistory read(FileSystem fs, Path metrics) throws IOException {
    RunHistory history = new RunHistory();
    try {
      MetricsFile.read(fs, metrics, history::take);
    } catch (FileNotFoundException e) {
      throw new UserError("There is no %s: give a run that has its metrics.".formatted(metrics), e);
    }
    return history;
  }

  /** Takes the next record. */
  void take(Metrics metrics) {
    if (metrics instanceof StepMetrics step) {
      take(step);
    } else if (metrics instanceof RoundMetrics round) {
      take(round);
    } else if (metrics instanceof Notice notice) {
      take(notice);
    }
  }

  private void take(StepMetrics step) {
    Step all = steps.computeIfAbsent(step.step(), number -> new Step());
    all.replicas++;
    all.loss += (step.loss() - all.loss) / all.replicas;
    for (Measure measure : Measure.values()) {
      all.means.merge(
          measure, measure.of(step), (mean, value) -> mean + (value - mean) / all.replicas);
    }
  }

  private void take(RoundMetrics round) {
    place(round);
    double middle = tokensBefore + (round.tokensSeen() - tokensBefore) / 2.0;
    measures.forEach(
        (measure, curve) ->
            curve.add(
                measure.place() == Measure.Place.MIDDLE ? middle : round.tokensSeen(),
                measure.of(round)));
    for (Family family : Family.values()) {
      family.of(
          round,
          (chart, line, value) ->
              line(family, chart, line)
                  .ifPresent(curve -> curve.add((double) round.tokensSeen(), value)));
    }
    for (RoundPart part : RoundPart.values()) {
      seconds.merge(part, part.seconds(round), Double::sum);
    }
    for (ReplicaMetrics replica : round.replicas()) {
      if (replica.host() != null && hosts.size() < MOST_HOSTS) {
        hosts.add(replica.host());
      }
    }
    rounds++;
    wallSeconds += round.seconds();
    outsideSeconds += round.outsideShare() * round.seconds();
    tokensBefore = round.tokensSeen();
    first = first == null ? round : first;
    last = round;
  }

  /** Puts a round's steps on the axis, now that it is known how many tokens it ended at. */
  private void place(RoundMetrics round) {
    double each = (double) (round.tokensSeen() - tokensBefore) / Math.max(1, steps.size());
    int number = 0;
    for (Step step : steps.values()) {
      double tokens = tokensBefore + ++number * each;
      stepLosses.add(tokens, step.loss);
      measures.forEach((measure, curve) -> curve.add(tokens, step.means.get(measure)));
    }
    steps.clear();
  }

  private Optional<Curve> line(Family family, ChartName chart, String name) {
    Map<String, Curve> curves =
        families
            .computeIfAbsent(family, key -> new LinkedHashMap<>())
            .computeIfAbsent(chart, key -> new LinkedHashMap<>());
    Curve curve = curves.get(name);
    if (curve == null && lines < MOST_LINES) {
      lines++;
      curve = new Curve();
      curves.put(name, curve);
    }
    return Optional.ofNullable(curve);
  }

  private void take(Notice notice) {
    noticeCount++;
    Notice.Severity severity = Objects.requireNonNullElse(notice.severity(), Notice.Severity.INFO);
    Deque<Notice> kept = notices.computeIfAbsent(severity, key -> new ArrayDeque<>());
    kept.add(notice);
    if (kept.size() > MOST_NOTICES) {
      kept.remove();
    }
  }

  /** The curve of a measure; without points where no record has it. */
  Curve curve(Measure measure) {
    return measures.get(measure);
  }

  /** The losses against tokens, as {@link LossPlot} draws them. */
  LossCurve losses() {
    return new LossCurve(stepLosses, curve(Measure.TRAINING_LOSS), curve(Measure.VALIDATION_LOSS));
  }

  /** The charts of a family with their lines, in the order of the records. */
  Map<ChartName, Map<String, Curve>> charts(Family family) {
    return families.getOrDefault(family, Map.of());
  }

  /** The first round; none where none has ended. */
  Optional<RoundMetrics> first() {
    return Optional.ofNullable(first);
  }

  /** The last round; none where none has ended. */
  public Optional<RoundMetrics> last() {
    return Optional.ofNullable(last);
  }

  /** How many rounds there are records of. */
  long rounds() {
    return rounds;
  }

  /** The wall time of all rounds. */
  public double wallSeconds() {
    return wallSeconds;
  }

  /** What all rounds spent on a part. */
  double seconds(RoundPart part) {
    return seconds.getOrDefault(part, 0.0);
  }

  /** The share of the wall time in which even the slowest replica took no step. */
  double outsideShare() {
    return outsideSeconds / wallSeconds;
  }

  /** Tokens per second of wall time; NaN without a round. */
  double tokensPerSecond() {
    return last == null ? Double.NaN : last.tokensSeen() / wallSeconds;
  }

  /** Machines that replicas were trained on; of very many, some. */
  Set<String> hosts() {
    return hosts;
  }

  /** How many notices there are. */
  long noticeCount() {
    return noticeCount;
  }

  /** The newest notices of each severity, in the order of their times. */
  List<Notice> notices() {
    List<Notice> all = new ArrayList<>();
    notices.values().forEach(all::addAll);
    all.sort(Comparator.comparingLong(Notice::time));
    return all;
  }
}
