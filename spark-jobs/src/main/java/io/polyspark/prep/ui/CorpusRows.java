package io.polyspark.prep.ui;

import io.polyspark.ui.StoreRows;
import java.util.List;
import java.util.Optional;
import org.apache.spark.util.kvstore.KVStore;

/** What {@link CorpusListener} has written, read back from Spark's store. */
final class CorpusRows {
  private final StoreRows store;

  CorpusRows(KVStore store) {
    this.store = new StoreRows(store);
  }

  /** The runs of the application, in order. */
  List<CorpusRow> runs() {
    return store.list(CorpusRow.class, view -> view);
  }

  /** A run by its number, or the newest where it has none of that. */
  Optional<CorpusRow> run(int number) {
    return StoreRows.run(runs(), row -> row.run, number);
  }
}
