package io.polyspark.train.ui;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import java.util.Arrays;

/**
 * Neighbouring points of a curve, brought together in buckets: how many there are in each, their
 * sum, least and greatest value, and where the last of them lies. A bucket of one point has its
 * exact value. Kept as columns, and written to Spark's store as such.
 */
@JsonAutoDetect(
    fieldVisibility = JsonAutoDetect.Visibility.ANY,
    getterVisibility = JsonAutoDetect.Visibility.NONE,
    isGetterVisibility = JsonAutoDetect.Visibility.NONE)
final class Buckets {
  private int size;
  private long[] steps = new long[0];
  private long[] tokens = new long[0];
  private long[] counts = new long[0];
  private double[] sums = new double[0];
  private double[] minima = new double[0];
  private double[] maxima = new double[0];

  int size() {
    return size;
  }

  /** Steps completed at the last point of a bucket. */
  long step(int bucket) {
    return steps[bucket];
  }

  /** Tokens seen, over all replicas, at the last point of a bucket. */
  long tokens(int bucket) {
    return tokens[bucket];
  }

  double mean(int bucket) {
    return sums[bucket] / counts[bucket];
  }

  double minimum(int bucket) {
    return minima[bucket];
  }

  double maximum(int bucket) {
    return maxima[bucket];
  }

  /** Adds a bucket of one point. */
  void add(long step, long tokensSeen, double value) {
    append(step, tokensSeen, 1, value, value, value);
  }

  /** Adds a point to the last bucket. */
  void extend(long step, long tokensSeen, double value) {
    merge(step, tokensSeen, 1, value, value, value);
  }

  /** Adds all buckets of another part of the curve. */
  void addAll(Buckets more) {
    for (int i = 0; i < more.size; i++) {
      append(
          more.steps[i],
          more.tokens[i],
          more.counts[i],
          more.sums[i],
          more.minima[i],
          more.maxima[i]);
    }
  }

  /**
   * Every {@code each} neighbours in one; the last bucket may have fewer. The least and greatest
   * values stay.
   */
  Buckets merged(int each) {
    Buckets merged = new Buckets();
    for (int i = 0; i < size; i++) {
      if (i % each == 0) {
        merged.append(steps[i], tokens[i], counts[i], sums[i], minima[i], maxima[i]);
      } else {
        merged.merge(steps[i], tokens[i], counts[i], sums[i], minima[i], maxima[i]);
      }
    }
    return merged;
  }

  /** No more than so many buckets. */
  Buckets atMost(int most) {
    return size <= most ? this : merged((size + most - 1) / most);
  }

  /** A copy of the buckets from one to before another. */
  Buckets range(int from, int to) {
    Buckets range = new Buckets();
    range.size = to - from;
    range.steps = Arrays.copyOfRange(steps, from, to);
    range.tokens = Arrays.copyOfRange(tokens, from, to);
    range.counts = Arrays.copyOfRange(counts, from, to);
    range.sums = Arrays.copyOfRange(sums, from, to);
    range.minima = Arrays.copyOfRange(minima, from, to);
    range.maxima = Arrays.copyOfRange(maxima, from, to);
    return range;
  }

  private void append(
      long step, long tokensSeen, long count, double sum, double minimum, double maximum) {
    if (size == steps.length) {
      grow(Math.max(16, 2 * size));
    }
    steps[size] = step;
    tokens[size] = tokensSeen;
    counts[size] = count;
    sums[size] = sum;
    minima[size] = minimum;
    maxima[size] = maximum;
    size++;
  }

  private void merge(
      long step, long tokensSeen, long count, double sum, double minimum, double maximum) {
    int last = size - 1;
    steps[last] = step;
    tokens[last] = tokensSeen;
    counts[last] += count;
    sums[last] += sum;
    minima[last] = Math.min(minima[last], minimum);
    maxima[last] = Math.max(maxima[last], maximum);
  }

  private void grow(int room) {
    steps = Arrays.copyOf(steps, room);
    tokens = Arrays.copyOf(tokens, room);
    counts = Arrays.copyOf(counts, room);
    sums = Arrays.copyOf(sums, room);
    minima = Arrays.copyOf(minima, room);
    maxima = Arrays.copyOf(maxima, room);
  }
}
