package io.polyspark.prep.ui;

import io.polyspark.ui.WebInterface;
import org.apache.spark.api.java.JavaSparkContext;

/** What a preparation shows in Spark's web interface while it goes on. */
public final class CorpusUi {
  private CorpusUi() {}

  /**
   * Shows what an application prepares from now on; see {@link WebInterface#show}. To be called
   * before a run starts.
   */
  public static void follow(JavaSparkContext spark) {
    // Lambdas, so that a class that this Spark lacks is missed where that is caught.
    WebInterface.show(
        spark, CorpusTab.PREFIX, store -> CorpusListener.live(store), ui -> CorpusTab.attachTo(ui));
  }
}
