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

  // Sums over the points of each bucket. All buckets but the last are full.
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
      buckets.set(buckets.size() - 1, sum(buckets.get(buckets.size() - 1), point));
      inLast++;
    }
  }

  /** What is kept, in order. */
  List<Point> points() {
    List<Point> points = new ArrayList<>(buckets.size());
    for (int i = 0; i < buckets.size(); i++) {
      double size = i == buckets.size() - 1 ? inLast : bucketSize;
      points.add(new Point(buckets.get(i).tokens() / size, buckets.get(i).value() / size));
    }
    return points;
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
      buckets.set(i, sum(buckets.get(2 * i), buckets.get(2 * i + 1)));
    }
    buckets.subList(MOST / 2, MOST).clear();
    bucketSize *= 2;
  }

  private static Point sum(Point a, Point b) {
    return new Point(a.tokens() + b.tokens(), a.value() + b.value());
  }
}
