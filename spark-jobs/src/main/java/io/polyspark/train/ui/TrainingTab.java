package io.polyspark.train.ui;

import io.polyspark.ui.StaticFiles;
import io.polyspark.ui.WebInterface;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;
import org.apache.spark.ui.SparkUI;
import org.apache.spark.ui.SparkUITab;

/** The tab "Training" of Spark's web interface. */
final class TrainingTab extends SparkUITab {
  /** The tab's path, below that of the application. */
  static final String PREFIX = "training";

  private static final String OURS = "/io/polyspark/train/ui/";
  private static final String UPLOT = "/META-INF/resources/webjars/uplot/" + uplotVersion();

  private static final Map<String, String> FILES =
      Map.of(
          "/training.js", OURS + "training.js",
          "/charts.js", OURS + "charts.js",
          "/experts.js", OURS + "experts.js",
          "/tables.js", OURS + "tables.js",
          "/training.css", OURS + "training.css",
          "/uplot.js", UPLOT + "/dist/uPlot.iife.min.js",
          "/uplot.css", UPLOT + "/dist/uPlot.min.css");

  private TrainingTab(SparkUI ui) {
    super(ui, PREFIX);
    attachPage(new TrainingPage(this, TrainingRows.in(ui.store().store())));
  }

  static void attachTo(SparkUI ui) {
    WebInterface.attach(ui, new TrainingTab(ui), new StaticFiles(FILES));
  }

  @Override
  public String name() {
    return "Training";
  }

  private static String uplotVersion() {
    String file = "/META-INF/maven/org.webjars.npm/uplot/pom.properties";
    Properties properties = new Properties();
    try (InputStream in = TrainingTab.class.getResourceAsStream(file)) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file, e);
    }
    return properties.getProperty("version");
  }
}
