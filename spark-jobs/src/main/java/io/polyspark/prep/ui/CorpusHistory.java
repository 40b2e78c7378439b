package io.polyspark.prep.ui;

import io.polyspark.ui.TabHistory;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.status.ElementTrackingStore;
import org.apache.spark.ui.SparkUI;
import org.apache.spark.util.kvstore.KVStore;

/** Brings the tab "Corpus" back in the History Server. */
public final class CorpusHistory extends TabHistory {
  /** For the service loader. */
  public CorpusHistory() {}

  @Override
  protected SparkListener listener(ElementTrackingStore store) {
    return CorpusListener.replaying(store);
  }

  @Override
  protected boolean hasRuns(KVStore store) {
    return !new CorpusRows(store).runs().isEmpty();
  }

  @Override
  protected void attachTo(SparkUI ui) {
    CorpusTab.attachTo(ui);
  }
}
