package io.polyspark.ui;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;
import org.apache.spark.util.kvstore.KVStore;
import org.apache.spark.util.kvstore.KVStoreIterator;
import org.apache.spark.util.kvstore.KVStoreView;

/** Rows of the store that Spark keeps for its tabs. */
public final class StoreRows {
  private final KVStore store;

  /** Those of a store. */
  public StoreRows(KVStore store) {
    this.store = store;
  }

  /** Reads several rows that belong together, while no listener writes. */
  public <T> T together(Supplier<T> reading) {
    synchronized (store) {
      return reading.get();
    }
  }

  /** A row that is there. */
  public <T> T read(Class<T> type, Object key) {
    try {
      return store.read(type, key);
    } catch (Exception e) {
      throw new IllegalStateException("Cannot read " + key + " from Spark's store", e);
    }
  }

  /** Rows in the order of an index. */
  public <T> List<T> list(Class<T> type, UnaryOperator<KVStoreView<T>> which) {
    List<T> rows = new ArrayList<>();
    try (KVStoreIterator<T> iterator = which.apply(store.view(type)).closeableIterator()) {
      iterator.forEachRemaining(rows::add);
    } catch (Exception e) {
      throw new IllegalStateException("Cannot read Spark's store", e);
    }
    return rows;
  }

  /** The row of a run by its number, or of the newest where there is none of that. */
  public static <T> Optional<T> run(List<T> runs, ToIntFunction<T> number, int wanted) {
    return runs.stream()
        .filter(run -> number.applyAsInt(run) == wanted)
        .findFirst()
        .or(() -> runs.isEmpty() ? Optional.empty() : Optional.of(runs.get(runs.size() - 1)));
  }
}
