package io.polyspark.train.ui;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/**
 * Serves the page's scripts and styles, and no other file, from our jar. Spark's own handler of
 * static files would look for them in the jars of Spark.
 */
final class TrainingFiles extends HttpServlet {
  /** Below the tab's own path. */
  static final String PATH = "/static";

  private static final long serialVersionUID = 1L;
  private static final String SCRIPT = "text/javascript; charset=utf-8";
  private static final String STYLE = "text/css; charset=utf-8";
  private static final String UPLOT = "/META-INF/resources/webjars/uplot/" + uplotVersion();

  private static final Map<String, String> FILES =
      Map.of(
          "/training.js", "training.js",
          "/charts.js", "charts.js",
          "/experts.js", "experts.js",
          "/tables.js", "tables.js",
          "/training.css", "training.css",
          "/uplot.js", UPLOT + "/dist/uPlot.iife.min.js",
          "/uplot.css", UPLOT + "/dist/uPlot.min.css");

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String file = FILES.get(String.valueOf(request.getPathInfo()));
    if (file == null) {
      response.sendError(HttpServletResponse.SC_NOT_FOUND);
      return;
    }
    response.setContentType(file.endsWith(".css") ? STYLE : SCRIPT);
    response.setHeader("Cache-Control", "no-cache");
    response.setHeader("X-Content-Type-Options", "nosniff");
    try (InputStream in = TrainingFiles.class.getResourceAsStream(file)) {
      in.transferTo(response.getOutputStream());
    }
  }

  private static String uplotVersion() {
    String file = "/META-INF/maven/org.webjars.npm/uplot/pom.properties";
    Properties properties = new Properties();
    try (InputStream in = TrainingFiles.class.getResourceAsStream(file)) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file, e);
    }
    return properties.getProperty("version");
  }
}
