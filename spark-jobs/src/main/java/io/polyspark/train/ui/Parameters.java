package io.polyspark.train.ui;

import static io.polyspark.ui.TabPage.number;

import java.util.List;
import javax.servlet.http.HttpServletRequest;

/**
 * What the page's scripts ask for.
 *
 * @param run the number of the run, or 0 for the newest
 * @param known the revision that the page has, or -1
 * @param points the most points of a curve, from 2 to {@link #MOST_POINTS}
 * @param curves the names of the curves
 * @param round the round whose experts are shown, or 0 for the newest
 */
record Parameters(int run, int known, int points, List<String> curves, int round) {
  /** About as many as a wide screen has pixels. */
  static final int MOST_POINTS = 2000;

  private static final int USUAL_POINTS = 800;

  /** More than the page ever draws at a time. */
  private static final int MOST_CURVES = 256;

  static Parameters of(HttpServletRequest request) {
    String[] curves = request.getParameterValues("curve");
    return new Parameters(
        number(request, "run", 0),
        number(request, "known", -1),
        Math.max(2, Math.min(MOST_POINTS, number(request, "points", USUAL_POINTS))),
        curves == null
            ? List.of()
            : List.of(curves).stream().distinct().limit(MOST_CURVES).toList(),
        number(request, "round", 0));
  }
}
