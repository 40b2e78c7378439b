package io.polyspark.ui;

import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.status.AppHistoryServerPlugin;
import org.apache.spark.status.ElementTrackingStore;
import org.apache.spark.ui.SparkUI;
import org.apache.spark.util.kvstore.KVStore;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/** Brings a tab back in the History Server, which finds those that are services of the jar. */
public abstract class TabHistory implements AppHistoryServerPlugin {
  /** Behind Spark's own tabs, as in a live application. */
  private static final int ORDER = 100;

  /** For the service loader. */
  protected TabHistory() {}

  /** What fills the store from an event log. */
  protected abstract SparkListener listener(ElementTrackingStore store);

  /** Whether the store has something to show. */
  protected abstract boolean hasRuns(KVStore store);

  /** Attaches the tab. */
  protected abstract void attachTo(SparkUI ui);

  @Override
  public final Seq<SparkListener> createListeners(SparkConf conf, ElementTrackingStore store) {
    List<SparkListener> listeners =
        WebInterface.isWanted(conf) ? List.of(listener(store)) : List.of();
    return JavaConverters.asScalaBuffer(listeners).toSeq();
  }

  @Override
  public final void setupUI(SparkUI ui) {
    if (WebInterface.isWanted(ui.conf()) && hasRuns(ui.store().store())) {
      attachTo(ui);
    }
  }

  @Override
  public final int displayOrder() {
    return ORDER;
  }
}
