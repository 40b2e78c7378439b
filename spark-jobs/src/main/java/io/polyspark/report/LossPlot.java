package io.polyspark.report;

import io.polyspark.report.LossCurve.Point;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.OptionalDouble;
import javax.imageio.ImageIO;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** A run's training and validation loss against tokens, as PNG and as SVG; needs no display. */
public final class LossPlot {
  private static final int WIDTH = 960;
  private static final int HEIGHT = 560;
  // Pixels of the PNG per unit: sharp on today's screens.
  private static final int SCALE = 2;
  private static final int MOST_POINTS = 1500;

  private static final Color INK = new Color(0x24292F);
  private static final Color FAINT_INK = new Color(0x57606A);
  private static final Color GRID = new Color(0xE3E7EB);
  private static final Color STEPS = new Color(0xBBD4EE);
  private static final Color TRAINING = new Color(0x1F6FB2);
  private static final Color VALIDATION = new Color(0xD9622B);
  private static final Color OPTIMUM = new Color(0x4D8B57);

  /** What the horizontal axis counts in. */
  private enum Unit {
    TOKENS("tokens", 1),
    THOUSANDS("thousand tokens", 1e3),
    MILLIONS("million tokens", 1e6),
    BILLIONS("billion tokens", 1e9),
    TRILLIONS("trillion tokens", 1e12);

    private final String words;
    private final double tokens;

    Unit(String words, double tokens) {
      this.words = words;
      this.tokens = tokens;
    }

    /** The largest of which there are at least two. */
    static Unit of(double tokens) {
      Unit fitting = TOKENS;
      for (Unit unit : values()) {
        fitting = tokens >= 2 * unit.tokens ? unit : fitting;
      }
      return fitting;
    }
  }

  private final LossCurve curve;
  private final String title;
  private final OptionalDouble optimum;

  /**
   * @param curve what to draw
   * @param title the line above it
   * @param optimum the least loss that the text allows, where it is known, nats per token
   */
  public LossPlot(LossCurve curve, String title, OptionalDouble optimum) {
    this.curve = curve;
    this.title = title;
    this.optimum = optimum;
  }

  /** The plot as a PNG file's bytes. */
  public byte[] png() {
    BufferedImage image =
        new BufferedImage(WIDTH * SCALE, HEIGHT * SCALE, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.scale(SCALE, SCALE);
    chart().paint(graphics, WIDTH, HEIGHT);
    graphics.dispose();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** The plot as an SVG file's bytes. */
  public byte[] svg() {
    try {
      return ChartEncoder.getBytes(chart(), "svg");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private XYChart chart() {
    double tokens = lastTokens();
    Unit unit = Unit.of(tokens);
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle(unit.words)
            .yAxisTitle("loss, nats per token")
            .theme(ChartTheme.XChart)
            .build();
    style(chart.getStyler());
    add(chart, unit, "training, each step", curve.steps(), STEPS, 1.0f);
    add(chart, unit, "training, mean of a round", curve.rounds(), TRAINING, 2.2f);
    add(chart, unit, "validation", curve.validation(), VALIDATION, 2.2f)
        .setMarker(SeriesMarkers.CIRCLE);
    // Steps are equally spaced, and XChart then puts its ticks on them (33.79, 67.58, ...) and not
    // on round numbers: one invisible point between two of them prevents that.
    curve.rounds().stream()
        .findFirst()
        .ifPresent(
            first ->
                add(
                        chart,
                        unit,
                        "ticks",
                        List.of(new Point(first.tokens() / Math.PI, first.loss())),
                        STEPS,
                        0f)
                    .setShowInLegend(false));
    if (optimum.isPresent()) {
      List<Point> line =
          List.of(new Point(0, optimum.getAsDouble()), new Point(tokens, optimum.getAsDouble()));
      add(chart, unit, "entropy of the text", line, OPTIMUM, 1.6f)
          .setLineStyle(
              new BasicStroke(
                  1.6f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1f, new float[] {7, 5}, 0));
    }
    return chart;
  }

  private static XYSeries add(
      XYChart chart, Unit unit, String name, List<Point> points, Color color, float width) {
    // A run that diverged ends with losses that are no numbers.
    List<Point> finite =
        LossCurve.thinned(
            points.stream().filter(point -> Double.isFinite(point.loss())).toList(), MOST_POINTS);
    double[] x = finite.stream().mapToDouble(point -> point.tokens() / unit.tokens).toArray();
    double[] y = finite.stream().mapToDouble(Point::loss).toArray();
    // XChart takes no empty series.
    boolean empty = x.length == 0;
    XYSeries series =
        empty
            ? chart.addSeries(name, new double[] {0}, new double[] {Double.NaN})
            : chart.addSeries(name, x, y);
    series.setMarker(SeriesMarkers.NONE).setMarkerColor(color).setShowInLegend(!empty);
    series.setLineColor(color).setLineWidth(width);
    return series;
  }

  private double lastTokens() {
    List<Point> longest = curve.steps().isEmpty() ? curve.rounds() : curve.steps();
    return longest.isEmpty() ? 1 : longest.get(longest.size() - 1).tokens();
  }

  private void style(XYStyler style) {
    style.setBaseFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    style.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 16));
    style.setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    style.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    style.setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    style.setChartBackgroundColor(Color.WHITE);
    style.setPlotBackgroundColor(Color.WHITE);
    style.setChartFontColor(INK);
    style.setAxisTickLabelsColor(FAINT_INK);
    style.setChartTitleBoxVisible(false);
    style.setChartTitlePadding(12);
    style.setChartPadding(16);
    style.setPlotBorderVisible(false);
    style.setPlotGridVerticalLinesVisible(false);
    style.setPlotGridLinesColor(GRID);
    style.setPlotGridLinesStroke(new BasicStroke(1f));
    style.setAxisTicksLineVisible(false);
    style.setAxisTicksMarksVisible(false);
    style.setPlotContentSize(0.97);
    style.setLegendPosition(LegendPosition.InsideNE);
    style.setLegendBorderColor(GRID);
    style.setLegendBackgroundColor(Color.WHITE);
    style.setLegendPadding(10);
    style.setMarkerSize(5);
    style.setXAxisTickMarkSpacingHint(110);
    style.setXAxisDecimalPattern("0.##");
    style.setYAxisDecimalPattern("0.0#");
  }
}
