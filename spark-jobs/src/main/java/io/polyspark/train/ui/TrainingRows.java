package io.polyspark.train.ui;

import io.polyspark.train.metrics.ExpertMetrics;
import io.polyspark.train.metrics.Notice;
import io.polyspark.ui.StoreRows;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.spark.util.kvstore.KVStore;

/** What {@link TrainingListener} has written, read back from Spark's store. */
final class TrainingRows {
  private final StoreRows store;

  private TrainingRows(StoreRows store) {
    this.store = store;
  }

  static TrainingRows in(KVStore store) {
    return new TrainingRows(new StoreRows(store));
  }

  /** Reads several rows that belong together, between two rounds of a run that goes on. */
  <T> T together(Function<TrainingRows, T> reading) {
    return store.together(() -> reading.apply(this));
  }

  boolean hasRuns() {
    return !runs().isEmpty();
  }

  /** The runs of the application, in order. */
  List<RunRow> runs() {
    return store.list(RunRow.class, view -> view);
  }

  /** A run by its number, or the newest where it has none of that. */
  Optional<RunRow> run(int number) {
    return StoreRows.run(runs(), row -> row.run, number);
  }

  /** A curve; empty where the run has none of that name. */
  Buckets curve(RunRow run, String name) {
    Buckets buckets = new Buckets();
    for (int block = 0; block < run.curves.getOrDefault(name, 0); block++) {
      buckets.addAll(store.read(CurveRow.class, CurveRow.key(run.run, name, block)).buckets);
    }
    return buckets;
  }

  /** The layers of a mixture of experts in a round of {@link RunRow#expertRounds}. */
  List<ExpertMetrics> experts(RunRow run, int round) {
    return store.read(ExpertsRow.class, ExpertsRow.key(run.run, round)).layers;
  }

  /** The replicas, in order. */
  List<ReplicaRow> replicas(RunRow run) {
    List<ReplicaRow> replicas =
        store.list(ReplicaRow.class, view -> view.index("run").first(run.run).last(run.run));
    replicas.sort(Comparator.comparingInt(row -> row.metrics.replica()));
    return replicas;
  }

  /** The newest notices, the newest of them first. */
  List<Notice> notices(RunRow run, int most) {
    List<Notice> notices = new ArrayList<>();
    long first = Math.max(0, run.notices - Math.min(most, RunRows.MOST_NOTICES));
    for (long number = run.notices - 1; number >= first; number--) {
      notices.add(store.read(NoticeRow.class, NoticeRow.key(run.run, number)).notice);
    }
    return notices;
  }
}
