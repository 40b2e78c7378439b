package io.polyspark.train.ui;

import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.status.ElementTrackingStore;
import org.apache.spark.ui.SparkUI;
import org.apache.spark.ui.SparkUITab;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.collection.JavaConverters;

/** The tab "Training" of Spark's web interface. */
public final class TrainingTab extends SparkUITab {
  /** Whether there is a tab: true, the default, or false. */
  public static final String ENABLED = "spark.polyspark.ui.enabled";

  private static final Logger LOG = LoggerFactory.getLogger(TrainingTab.class);
  private static final String PREFIX = "training";

  private TrainingTab(SparkUI ui) {
    super(ui, PREFIX);
    attachPage(new TrainingPage(this, TrainingRows.in(ui.store().store())));
  }

  /**
   * Shows the runs of an application from now on; nothing where the application has no web
   * interface, or the tab is not wanted, or is there. To be called before a run starts.
   */
  public static void follow(JavaSparkContext spark) {
    SparkContext context = spark.sc();
    if (!isWanted(spark.getConf()) || context.ui().isEmpty()) {
      return;
    }
    try {
      SparkUI ui = context.ui().get();
      if (isAttachedTo(ui)) {
        return;
      }
      ElementTrackingStore store = (ElementTrackingStore) context.statusStore().store();
      context.listenerBus().addToStatusQueue(TrainingListener.live(store));
      attachTo(ui);
    } catch (LinkageError e) {
      // Spark promises nobody these classes; a run needs no tab.
      LOG.warn("This Spark ({}) cannot show the tab Training: {}", spark.version(), e.toString());
    }
  }

  static boolean isWanted(SparkConf conf) {
    return conf.getBoolean(ENABLED, true);
  }

  static void attachTo(SparkUI ui) {
    ui.attachTab(new TrainingTab(ui));
    ui.attachHandler(ui.basePath() + "/" + PREFIX + TrainingFiles.PATH, new TrainingFiles(), "/*");
  }

  @Override
  public String name() {
    return "Training";
  }

  private static boolean isAttachedTo(SparkUI ui) {
    return JavaConverters.seqAsJavaList(ui.getTabs()).stream()
        .anyMatch(tab -> tab instanceof TrainingTab);
  }
}
