package io.polyspark.model.shards;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a run stands in its data order: the samples that no round has trained on yet are first
 * those of {@code unused}, in their order, and then all from {@code counter} on. Sample n of a
 * round is the one at place n of these, see {@link DataOrder#place}. As long as every replica takes
 * all the steps of its rounds there are no unused ones, and sample n is counter + n.
 *
 * @param counter c, the samples handed out by all rounds before, unused ones included
 * @param unused samples below {@code counter} that were handed out but not trained on
 */
public record DataPosition(long counter, List<SampleRange> unused) implements Serializable {

  /** Copies the list. */
  public DataPosition {
    unused = List.copyOf(unused);
  }

  /** The beginning of a run. */
  public static DataPosition start() {
    return new DataPosition(0, List.of());
  }

  /**
   * The index of a sample.
   *
   * @param place from 0
   */
  public long index(long place) {
    long left = place;
    for (SampleRange range : unused) {
      if (left < range.count()) {
        return range.first() + left;
      }
      left -= range.count();
    }
    return counter + left;
  }

  /**
   * The position after a round: what it handed out and did not train on comes first, in the order
   * in which it was handed out, before unused samples that it did not come to.
   *
   * @param steps H, the steps for which the round had samples
   * @param batch B
   * @param taken the steps that each of the W replicas took, at most H
   */
  public DataPosition after(int steps, int batch, List<Integer> taken) {
    List<SampleRange> left = new ArrayList<>();
    long rows = 0;
    for (int step = 0; step < steps; step++) {
      for (int replicaSteps : taken) {
        if (step >= replicaSteps) {
          copy(rows, rows + batch, left);
        }
        rows += batch;
      }
    }
    long queued = unused.stream().mapToLong(SampleRange::count).sum();
    copy(rows, queued, left);
    return new DataPosition(counter + Math.max(0, rows - queued), left);
  }

  /** Appends the samples at the places from {@code from} to before {@code to}. */
  private void copy(long from, long to, List<SampleRange> into) {
    long start = 0;
    for (SampleRange range : unused) {
      append(
          range.first() - start, Math.max(from, start), Math.min(to, start + range.count()), into);
      start += range.count();
    }
    append(counter - start, Math.max(from, start), to, into);
  }

  /** Appends the samples {@code shift + place}; ranges that meet become one. */
  private static void append(long shift, long from, long to, List<SampleRange> into) {
    if (from >= to) {
      return;
    }
    SampleRange last = into.isEmpty() ? null : into.get(into.size() - 1);
    if (last != null && last.first() + last.count() == shift + from) {
      into.set(into.size() - 1, new SampleRange(last.first(), last.count() + to - from));
    } else {
      into.add(new SampleRange(shift + from, to - from));
    }
  }
}
