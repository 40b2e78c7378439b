package io.polyspark.train.ui;

import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.status.AppHistoryServerPlugin;
import org.apache.spark.status.ElementTrackingStore;
import org.apache.spark.ui.SparkUI;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/** Brings the tab back in the History Server, which finds this as a service of the jar. */
public final class TrainingHistory implements AppHistoryServerPlugin {
  /** Behind Spark's own tabs, as in a live application. */
  private static final int ORDER = 100;

  /** For the service loader. */
  public TrainingHistory() {}

  @Override
  public Seq<SparkListener> createListeners(SparkConf conf, ElementTrackingStore store) {
    List<SparkListener> listeners =
        TrainingUi.isWanted(conf) ? List.of(TrainingListener.replaying(store)) : List.of();
    return JavaConverters.asScalaBuffer(listeners).toSeq();
  }

  @Override
  public void setupUI(SparkUI ui) {
    if (TrainingUi.isWanted(ui.conf()) && TrainingRows.in(ui.store().store()).hasRuns()) {
      TrainingTab.attachTo(ui);
    }
  }

  @Override
  public int displayOrder() {
    return ORDER;
  }
}
