package io.polyspark.train.ui;

import org.apache.spark.ui.SparkUI;
import org.apache.spark.ui.SparkUITab;
import scala.collection.JavaConverters;

/** The tab "Training" of Spark's web interface. */
final class TrainingTab extends SparkUITab {
  /** The tab's path, below that of the application. */
  static final String PREFIX = "training";

  private TrainingTab(SparkUI ui) {
    super(ui, PREFIX);
    attachPage(new TrainingPage(this, TrainingRows.in(ui.store().store())));
  }

  static boolean isAttachedTo(SparkUI ui) {
    return JavaConverters.seqAsJavaList(ui.getTabs()).stream()
        .anyMatch(tab -> tab instanceof TrainingTab);
  }

  static void attachTo(SparkUI ui) {
    ui.attachTab(new TrainingTab(ui));
    ui.attachHandler(ui.basePath() + "/" + PREFIX + TrainingFiles.PATH, new TrainingFiles(), "/*");
  }

  @Override
  public String name() {
    return "Training";
  }
}
