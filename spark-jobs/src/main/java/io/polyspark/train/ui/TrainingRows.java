package io.polyspark.train.ui;

import io.polyspark.train.metrics.ExpertMetrics;
import io.polyspark.train.metrics.Notice;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.spark.util.kvstore.KVStore;
import org.apache.spark.util.kvstore.KVStoreIterator;
import org.apache.spark.util.kvstore.KVStoreView;

/** What {@link TrainingListener} has written, read back from Spark's store. */
final class TrainingRows {
  private final KVStore store;

  private TrainingRows(KVStore store) {
    this.store = store;
  }

  static TrainingRows in(KVStore store) {
    return new TrainingRows(store);
  }

  /** Reads several rows that belong together, between two rounds of a run that goes on. */
  <T> T together(Function<TrainingRows, T> reading) {
    synchronized (store) {
      return reading.apply(this);
    }
  }

  boolean hasRuns() {
    return !runs().isEmpty();
  }

  /** The runs of the application, in order. */
  List<RunRow> runs() {
    return list(RunRow.class, view -> view);
  }

  /** A run by its number, or the newest where it has none of that. */
  Optional<RunRow> run(int number) {
    List<RunRow> runs = runs();
    return runs.stream()
        .filter(row -> row.run == number)
        .findFirst()
        .or(() -> runs.isEmpty() ? Optional.empty() : Optional.of(runs.get(runs.size() - 1)));
  }

  /** A curve; empty where the run has none of that name. */
  Buckets curve(RunRow run, String name) {
    Buckets buckets = new Buckets();
    for (int block = 0; block < run.curves.getOrDefault(name, 0); block++) {
      buckets.addAll(read(CurveRow.class, CurveRow.key(run.run, name, block)).buckets);
    }
    return buckets;
  }

  /** The layers of a mixture of experts in a round of {@link RunRow#expertRounds}. */
  List<ExpertMetrics> experts(RunRow run, int round) {
    return read(ExpertsRow.class, ExpertsRow.key(run.run, round)).layers;
  }

  /** The replicas, in order. */
  List<ReplicaRow> replicas(RunRow run) {
    List<ReplicaRow> replicas =
        list(ReplicaRow.class, view -> view.index("run").first(run.run).last(run.run));
    replicas.sort(Comparator.comparingInt(row -> row.metrics.replica()));
    return replicas;
  }

  /** The newest notices, the newest of them first. */
  List<Notice> notices(RunRow run, int most) {
    List<Notice> notices = new ArrayList<>();
    long first = Math.max(0, run.notices - Math.min(most, RunRows.MOST_NOTICES));
    for (long number = run.notices - 1; number >= first; number--) {
      notices.add(read(NoticeRow.class, NoticeRow.key(run.run, number)).notice);
    }
    return notices;
  }

  private <T> T read(Class<T> type, Object key) {
    try {
      return store.read(type, key);
    } catch (Exception e) {
      throw new IllegalStateException("Cannot read " + key + " from Spark's store", e);
    }
  }

  private <T> List<T> list(Class<T> type, UnaryOperator<KVStoreView<T>> which) {
    List<T> rows = new ArrayList<>();
    try (KVStoreIterator<T> iterator = which.apply(store.view(type)).closeableIterator()) {
      iterator.forEachRemaining(rows::add);
    } catch (Exception e) {
      throw new IllegalStateException("Cannot read Spark's store", e);
    }
    return rows;
  }
}
