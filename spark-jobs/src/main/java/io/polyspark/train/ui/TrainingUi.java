package io.polyspark.train.ui;

import io.polyspark.ui.WebInterface;
import org.apache.spark.api.java.JavaSparkContext;

/** What a run shows in Spark's web interface while it goes on. */
public final class TrainingUi {
  private TrainingUi() {}

  /**
   * Shows the runs of an application from now on; see {@link WebInterface#show}. To be called
   * before a run starts.
   */
  public static void follow(JavaSparkContext spark) {
    // Lambdas, so that a class that this Spark lacks is missed where that is caught.
    WebInterface.show(
        spark,
        TrainingTab.PREFIX,
        store -> TrainingListener.live(store),
        ui -> TrainingTab.attachTo(ui));
  }
}
