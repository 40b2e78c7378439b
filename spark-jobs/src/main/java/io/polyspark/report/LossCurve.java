package io.polyspark.report;

import io.polyspark.train.metrics.Metrics;
import io.polyspark.train.metrics.MetricsFile;
import io.polyspark.train.metrics.RoundMetrics;
import io.polyspark.train.metrics.StepMetrics;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The losses of a run against the tokens it has seen, nats per token.
 *
 * @param steps mean over the replicas of each step's training loss
 * @param rounds mean training loss of each round
 * @param validation validation loss of the rounds that measured it
 */
public record LossCurve(List<Point> steps, List<Point> rounds, List<Point> validation) {
  /**
   * A loss and where it belongs.
   *
   * @param tokens tokens that all replicas have trained on by then
   * @param loss nats per token
   */
  public record Point(double tokens, double loss) {}

  public LossCurve {
    steps = List.copyOf(steps);
    rounds = List.copyOf(rounds);
    validation = List.copyOf(validation);
  }

  /**
   * Reads {@code metrics.jsonl}.
   *
   * @throws IOException if it cannot be read
   */
  public static LossCurve read(FileSystem fs, Path metrics) throws IOException {
    Reader reader = new Reader();
    MetricsFile.read(fs, metrics, reader::take);
    return new LossCurve(reader.steps, reader.rounds, reader.validation);
  }

  /**
   * The points with neighbours averaged, so that at most {@code most} are left: more than that no
   * screen shows, and an SVG of a long run stays small.
   */
  static List<Point> thinned(List<Point> points, int most) {
    if (points.size() <= most) {
      return points;
    }
    List<Point> thinned = new ArrayList<>(most);
    for (int i = 0; i < most; i++) {
      int from = (int) ((long) points.size() * i / most);
      int to = (int) ((long) points.size() * (i + 1) / most);
      List<Point> bucket = points.subList(from, to);
      thinned.add(
          new Point(
              bucket.stream().mapToDouble(Point::tokens).average().orElseThrow(),
              bucket.stream().mapToDouble(Point::loss).average().orElseThrow()));
    }
    return thinned;
  }

  /** Puts a round's steps on the axis once the round says how many tokens it ended at. */
  private static final class Reader {
    private final List<Point> steps = new ArrayList<>();
    private final List<Point> rounds = new ArrayList<>();
    private final List<Point> validation = new ArrayList<>();
    private final TreeMap<Long, List<StepMetrics>> current = new TreeMap<>();
    private long before;

    void take(Metrics metrics) {
      if (metrics instanceof StepMetrics step) {
        current.computeIfAbsent(step.step(), key -> new ArrayList<>()).add(step);
      } else if (metrics instanceof RoundMetrics round) {
        end(round);
      }
    }

    private void end(RoundMetrics round) {
      double each = (double) (round.tokensSeen() - before) / Math.max(1, current.size());
      int number = 0;
      for (List<StepMetrics> replicas : current.values()) {
        number++;
        steps.add(
            new Point(
                before + number * each,
                replicas.stream().mapToDouble(StepMetrics::loss).average().orElseThrow()));
      }
      rounds.add(new Point(before + (round.tokensSeen() - before) / 2.0, round.loss()));
      round.validationLoss().ifPresent(loss -> validation.add(new Point(round.tokensSeen(), loss)));
      before = round.tokensSeen();
      current.clear();
    }
  }
}
