package io.polyspark.train.ui;

import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.status.ElementTrackingStore;
import org.apache.spark.ui.SparkUI;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a run shows in Spark's web interface while it goes on. */
public final class TrainingUi {
  /** Whether there is a tab: true, the default, or false. */
  public static final String ENABLED = "spark.polyspark.ui.enabled";

  private static final Logger LOG = LoggerFactory.getLogger(TrainingUi.class);

  private TrainingUi() {}

  /**
   * Shows the runs of an application from now on; nothing where the application has no web
   * interface, or the tab is not wanted, or is there. To be called before a run starts.
   */
  public static void follow(JavaSparkContext spark) {
    if (!isWanted(spark.getConf()) || spark.sc().ui().isEmpty()) {
      return;
    }
    try {
      attach(spark.sc(), spark.sc().ui().get());
    } catch (LinkageError e) {
      // Spark promises nobody the classes of its tabs, and a run needs none.
      LOG.warn("This Spark ({}) cannot show the tab Training: {}", spark.version(), e.toString());
    }
  }

  static boolean isWanted(SparkConf conf) {
    return conf.getBoolean(ENABLED, true);
  }

  private static void attach(SparkContext spark, SparkUI ui) {
    if (TrainingTab.isAttachedTo(ui)) {
      return;
    }
    ElementTrackingStore store = (ElementTrackingStore) spark.statusStore().store();
    spark.listenerBus().addToStatusQueue(TrainingListener.live(store));
    TrainingTab.attachTo(ui);
    LOG.info("Watch the run at {}/{}/", ui.webUrl(), TrainingTab.PREFIX);
  }
}
