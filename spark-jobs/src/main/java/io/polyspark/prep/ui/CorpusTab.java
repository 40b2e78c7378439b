package io.polyspark.prep.ui;

import io.polyspark.ui.StaticFiles;
import io.polyspark.ui.WebInterface;
import java.util.Map;
import org.apache.spark.ui.SparkUI;
import org.apache.spark.ui.SparkUITab;

/** The tab "Corpus" of Spark's web interface. */
final class CorpusTab extends SparkUITab {
  /** The tab's path, below that of the application. */
  static final String PREFIX = "corpus";

  private static final String OURS = "/io/polyspark/prep/ui/";

  private static final Map<String, String> FILES =
      Map.of(
          "/corpus.js", OURS + "corpus.js",
          "/funnel.js", OURS + "funnel.js",
          "/corpus.css", OURS + "corpus.css");

  private CorpusTab(SparkUI ui) {
    super(ui, PREFIX);
    attachPage(new CorpusPage(this, new CorpusRows(ui.store().store())));
  }

  static void attachTo(SparkUI ui) {
    WebInterface.attach(ui, new CorpusTab(ui), new StaticFiles(FILES));
  }

  @Override
  public String name() {
    return "Corpus";
  }
}
