package io.polyspark.model.tokenize;

import java.util.Arrays;

/**
 * Merges the pairs of a word, always the one of the least rank and of several the leftmost, until
 * none is left (Sennrich et al. 2016, arXiv 1508.07909). Short words are searched for the next
 * pair; long ones, as text that is not cut into words, keep theirs in a heap. Not for several
 * threads.
 */
final class WordMerger {
  /** Up to here a search is faster than a heap. */
  private static final int SHORT = 64;

  private final MergeTable merges;
  private final long[] pairs = new long[SHORT];
  private int[] ids = new int[SHORT];
  private int[] previous = new int[SHORT];
  private int[] next = new int[SHORT];
  private final LongHeap heap = new LongHeap();

  WordMerger(MergeTable merges) {
    this.merges = merges;
  }

  /** How long a word there is memory for. */
  int capacity() {
    return ids.length;
  }

  /** Adds what is left of a word. */
  void merge(byte[] text, int from, int to, IdBuffer out) {
    int length = to - from;
    if (length > ids.length) {
      int capacity = Math.max(length, ids.length + (ids.length >> 1));
      ids = new int[capacity];
      previous = new int[capacity];
      next = new int[capacity];
    }
    for (int i = 0; i < length; i++) {
      ids[i] = merges.byteId(text[from + i]);
    }
    if (length <= SHORT) {
      out.add(ids, 0, mergeShort(length));
    } else {
      mergeLong(length);
      for (int at = 0; at >= 0; at = next[at]) {
        out.add(ids[at]);
      }
    }
  }

  /** Merges the first ids in place and returns how many are left. */
  private int mergeShort(int length) {
    int last = length - 1;
    for (int i = 0; i < last; i++) {
      pairs[i] = merges.get(ids[i], ids[i + 1]);
    }
    while (true) {
      long least = MergeTable.NONE;
      int at = -1;
      for (int i = 0; i < last; i++) {
        if (pairs[i] < least) {
          least = pairs[i];
          at = i;
        }
      }
      if (at < 0) {
        return last + 1;
      }
      ids[at] = MergeTable.id(least);
      System.arraycopy(ids, at + 2, ids, at + 1, last - at - 1);
      System.arraycopy(pairs, at + 1, pairs, at, last - at - 1);
      last--;
      if (at < last) {
        pairs[at] = merges.get(ids[at], ids[at + 1]);
      }
      if (at > 0) {
        pairs[at - 1] = merges.get(ids[at - 1], ids[at]);
      }
    }
  }

  /** Merges the first ids, a list by {@link #next} from 0 to -1. */
  private void mergeLong(int length) {
    heap.clear();
    for (int i = 0; i < length; i++) {
      previous[i] = i - 1;
      next[i] = i + 1 < length ? i + 1 : -1;
    }
    for (int i = 0; i < length - 1; i++) {
      propose(i);
    }
    while (!heap.isEmpty()) {
      long proposal = heap.pop();
      int at = (int) proposal;
      if (ids[at] < 0 || next[at] < 0) {
        continue;
      }
      int right = next[at];
      long merge = merges.get(ids[at], ids[right]);
      if (merge == MergeTable.NONE || MergeTable.rank(merge) != (int) (proposal >>> 32)) {
        continue;
      }
      ids[at] = MergeTable.id(merge);
      ids[right] = -1;
      next[at] = next[right];
      if (next[at] >= 0) {
        previous[next[at]] = at;
        propose(at);
      }
      if (previous[at] >= 0) {
        propose(previous[at]);
      }
    }
  }

  private void propose(int at) {
    long merge = merges.get(ids[at], ids[next[at]]);
    if (merge != MergeTable.NONE) {
      heap.push((long) MergeTable.rank(merge) << 32 | at);
    }
  }

  /** The least of many numbers. */
  private static final class LongHeap {
    private long[] values = new long[SHORT];
    private int size;

    void clear() {
      size = 0;
    }

    boolean isEmpty() {
      return size == 0;
    }

    void push(long value) {
      if (size == values.length) {
        values = Arrays.copyOf(values, size + (size >> 1));
      }
      int at = size++;
      while (at > 0 && values[(at - 1) / 2] > value) {
        values[at] = values[(at - 1) / 2];
        at = (at - 1) / 2;
      }
      values[at] = value;
    }

    long pop() {
      long least = values[0];
      long value = values[--size];
      int at = 0;
      while (2 * at + 1 < size) {
        int child = 2 * at + 1;
        if (child + 1 < size && values[child + 1] < values[child]) {
          child++;
        }
        if (values[child] >= value) {
          break;
        }
        values[at] = values[child];
        at = child;
      }
      values[at] = value;
      return least;
    }
  }
}
