package io.polyspark.prep.tokenizer;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * How often each pair of neighbours occurs and in which words, with the most frequent at hand. Of
 * pairs as frequent as each other the one of the lesser ids comes first: the left id, then the
 * right.
 *
 * <p>A queue holds for every pair at least one entry with its count or a greater one, so that an
 * entry that is out of date is only found to be so when it comes first.
 */
final class PairCounts {
  private record Entry(long count, long pair) implements Comparable<Entry> {
    @Override
    public int compareTo(Entry other) {
      return count != other.count
          ? Long.compare(other.count, count)
          : Long.compare(pair, other.pair);
    }
  }

  /** A pair's count and the words that it is in, or was. */
  private static final class Occurrences {
    private long count;
    private int[] words = new int[2];
    private int size;

    void add(long times, int word) {
      count += times;
      if (size > 0 && words[size - 1] == word) {
        return;
      }
      if (size == words.length) {
        words = Arrays.copyOf(words, size + (size >> 1) + 1);
      }
      words[size++] = word;
    }
  }

  private final Map<Long, Occurrences> pairs = new HashMap<>();
  private final PriorityQueue<Entry> queue = new PriorityQueue<>();

  static long pair(int left, int right) {
    return (long) left << 32 | right;
  }

  static int left(long pair) {
    return (int) (pair >>> 32);
  }

  static int right(long pair) {
    return (int) pair;
  }

  /** Counts more of a pair; {@link #enqueue} must follow before the next is asked for. */
  void add(long pair, long times, int word) {
    pairs.computeIfAbsent(pair, key -> new Occurrences()).add(times, word);
  }

  /** Counts less of a pair. */
  void subtract(long pair, long times) {
    Occurrences occurrences = pairs.get(pair);
    occurrences.count -= times;
    if (occurrences.count == 0) {
      pairs.remove(pair);
    }
  }

  /** Puts a pair that {@link #add} was called for into its place. */
  void enqueue(long pair) {
    Occurrences occurrences = pairs.get(pair);
    if (occurrences != null) {
      queue.add(new Entry(occurrences.count, pair));
    }
  }

  /** As {@link #enqueue}, all pairs. */
  void enqueueAll() {
    pairs.forEach((pair, occurrences) -> queue.add(new Entry(occurrences.count, pair)));
  }

  /**
   * The most frequent pair.
   *
   * @return a pair, or -1 if none is left that occurs at least {@code least} times
   */
  long mostFrequent(long least) {
    while (!queue.isEmpty()) {
      Entry first = queue.peek();
      Occurrences occurrences = pairs.get(first.pair());
      if (occurrences != null && occurrences.count == first.count()) {
        return first.count() >= least ? first.pair() : -1;
      }
      queue.poll();
      if (occurrences != null) {
        queue.add(new Entry(occurrences.count, first.pair()));
      }
    }
    return -1;
  }

  /** Forgets a pair and returns the words that it may be in; some may come twice. */
  int[] remove(long pair) {
    Occurrences occurrences = pairs.remove(pair);
    return Arrays.copyOf(occurrences.words, occurrences.size);
  }
}
