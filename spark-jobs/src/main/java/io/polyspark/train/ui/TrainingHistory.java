package io.polyspark.train.ui;

import io.polyspark.ui.TabHistory;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.status.ElementTrackingStore;
import org.apache.spark.ui.SparkUI;
import org.apache.spark.util.kvstore.KVStore;

/** Brings the tab "Training" back in the History Server. */
public final class TrainingHistory extends TabHistory {
  /** For the service loader. */
  public TrainingHistory() {}

  @Override
  protected SparkListener listener(ElementTrackingStore store) {
    return TrainingListener.replaying(store);
  }

  @Override
  protected boolean hasRuns(KVStore store) {
    return TrainingRows.in(store).hasRuns();
  }

  @Override
  protected void attachTo(SparkUI ui) {
    TrainingTab.attachTo(ui);
  }
}
