package io.polyspark.ui;

import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/**
 * Serves the scripts and styles of a tab's page, and no other file, from our jar. Spark's own
 * handler of static files would look for them in the jars of Spark.
 */
public final class StaticFiles extends HttpServlet {
  /** Below the tab's own path. */
  static final String PATH = "/static";

  private static final long serialVersionUID = 1L;
  private static final String SCRIPT = "text/javascript; charset=utf-8";
  private static final String STYLE = "text/css; charset=utf-8";

  /** What all tabs have. */
  private static final Map<String, String> SHARED =
      Map.of(
          "/elements.js", "/io/polyspark/ui/elements.js",
          "/watch.js", "/io/polyspark/ui/watch.js",
          "/page.css", "/io/polyspark/ui/page.css");

  private final HashMap<String, String> files;

  /**
   * Serves what all tabs have, and more.
   *
   * @param own absolute names of resources by the path at which they are served, {@code /tab.js}
   */
  public StaticFiles(Map<String, String> own) {
    files = new HashMap<>(SHARED);
    files.putAll(own);
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String file = files.get(String.valueOf(request.getPathInfo()));
    if (file == null) {
      response.sendError(HttpServletResponse.SC_NOT_FOUND);
      return;
    }
    response.setContentType(file.endsWith(".css") ? STYLE : SCRIPT);
    response.setHeader("Cache-Control", "no-cache");
    response.setHeader("X-Content-Type-Options", "nosniff");
    try (InputStream in = StaticFiles.class.getResourceAsStream(file)) {
      in.transferTo(response.getOutputStream());
    }
  }
}
