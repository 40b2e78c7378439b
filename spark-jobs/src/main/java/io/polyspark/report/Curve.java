package io.polyspark.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A curve that is read as a stream. However many points it is given, it keeps fewer than {@link
 * #MOST}, the means of neighbours: more than that no screen shows. What is no number, as the losses
 * of a run that diverged, is left out.
 */
final class Curve {
  /** Points that are kept at most; even, so that all have neighbours. */
  static final int MOST = 1200;

  /**
   * A value and where it belongs.
   *
   * @param tokens tokens that all replicas have trained on by then
   * @param value of what is drawn
   */
  record Point(double tokens, double value) {}

  // The mean of the points of each bucket. All buckets but the last are full.
  private final List<Point> buckets = new ArrayList<>();
  private long bucketSize = 1;
  private long inLast;

  private long count;
  private Point first;
  private Point last;
  private Point lowest;
  private Point highest;

  /** Takes the next point. */
  void add(double tokens, double value) {
    if (!Double.isFinite(value)) {
      return;
    }
    Point point = new Point(tokens, value);
    summarise(point);
    if (buckets.isEmpty() || inLast == bucketSize) {
      if (buckets.size() == MOST) {
        halve();
      }
      buckets.add(point);
      inLast = 1;
    } else {
      inLast++;
      int end = buckets.size() - 1;
      buckets.set(end, mean(buckets.get(end), point, 1.0 / inLast));
    }
  }

  /** What is kept, in order. */
  List<Point> points() {
    return List.copyOf(buckets);
  }

  /** How many points it was given. */
  long count() {
    return count;
  }

  /** The first point, as it was given. */
  Optional<Point> first() {
    return Optional.ofNullable(first);
  }

  /** The last point, as it was given. */
  Optional<Point> last() {
    return Optional.ofNullable(last);
  }

  /** The first of those with the least value, as it was given. */
  Optional<Point> lowest() {
    return Optional.ofNullable(lowest);
  }

  /** The first of those with the greatest value, as it was given. */
  Optional<Point> highest() {
    return Optional.ofNullable(highest);
  }

  private void summarise(Point point) {
    count++;
    last = point;
    if (first == null) {
      first = point;
    }
    if (lowest == null || point.value() < lowest.value()) {
      lowest = point;
    }
    if (highest == null || point.value() > highest.value()) {
      highest = point;
    }
  }

  private void halve() {
    for (int i = 0; i < MOST / 2; i++) {
      buckets.set(i, mean(buckets.get(2 * i), buckets.get(2 * i + 1), 0.5));
    }
    buckets.subList(MOST / 2, MOST).clear();
    bucketSize *= 2;
  }

  /** Of equal values it is exactly theirs: a curve that is level stays so. */
  private static Point mean(Point a, Point b, double shareOfB) {
    return new Point(
        a.tokens() + (b.tokens() - a.tokens()) * shareOfB,
        a.value() + (b.value() - a.value()) * shareOfB);
  }
}
