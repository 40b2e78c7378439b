package io.polyspark.prep.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Two histograms in one chart, as the page shows it. Places are from 0 to 100, from the left and
 * from the top.
 *
 * @param columns the bins
 * @param lines of the grid, with what they count
 * @param labels below the bins, with what their documents have at least
 */
record LengthChart(List<Column> columns, List<Mark> lines, List<Mark> labels) {
  private static final int MOST_LABELS = 7;
  private static final int LINES = 4;
  private static final double BAR = 0.4;

  /** A bin: a bar of each histogram, and what a reader of numbers needs. */
  record Column(
      String range,
      String before,
      String after,
      String beforeX,
      String beforeY,
      String beforeHeight,
      String afterX,
      String afterY,
      String afterHeight,
      String barWidth) {}

  /** A place and what stands there. */
  record Mark(String at, String text) {}

  /** The chart, or null where no document was counted. */
  static LengthChart of(RunReport.Lengths lengths) {
    if (lengths == null || lengths.before().plus(lengths.after()).documents() == 0) {
      return null;
    }
    long[] either = lengths.before().plus(lengths.after()).toCounts();
    int first = IntStream.range(0, either.length).filter(bin -> either[bin] > 0).min().orElse(0);
    int bins = either.length - first;
    long[] before = from(lengths.before(), first, bins);
    long[] after = from(lengths.after(), first, bins);
    long most =
        IntStream.range(0, bins).mapToLong(i -> Math.max(before[i], after[i])).max().orElse(1);
    long step = step(most);
    long top = (most + step - 1) / step * step;
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < bins; i++) {
      columns.add(column(first + i, i, 100.0 / bins, before[i], after[i], top));
    }
    List<Mark> lines = new ArrayList<>();
    for (long count = 0; count <= top; count += step) {
      lines.add(new Mark(place(100 - 100.0 * count / top), Figures.count(count)));
    }
    int each = (bins + MOST_LABELS - 1) / MOST_LABELS;
    List<Mark> labels = new ArrayList<>();
    for (int i = 0; i < bins; i += each) {
      labels.add(
          new Mark(place(100.0 * i / bins), Figures.binary(LengthHistogram.start(first + i))));
    }
    return new LengthChart(columns, lines, labels);
  }

  private static Column column(int bin, int i, double width, long before, long after, long top) {
    double beforeHeight = 100.0 * before / top;
    double afterHeight = 100.0 * after / top;
    double left = i * width + (0.5 - BAR) * width;
    return new Column(
        range(bin),
        Figures.count(before),
        Figures.count(after),
        place(left),
        place(100 - beforeHeight),
        place(beforeHeight),
        place(left + BAR * width),
        place(100 - afterHeight),
        place(afterHeight),
        place(BAR * width));
  }

  private static String range(int bin) {
    return bin == 0
        ? "0 B"
        : Figures.binary(LengthHistogram.start(bin))
            + (bin + 1 < Long.SIZE ? " to " + Figures.binary(LengthHistogram.start(bin + 1)) : "");
  }

  /** The counts of some bins. */
  private static long[] from(LengthHistogram histogram, int first, int bins) {
    long[] counts = histogram.toCounts();
    return IntStream.range(first, first + bins)
        .mapToLong(bin -> bin < counts.length ? counts[bin] : 0)
        .toArray();
  }

  /** One, two or five times a power of ten, so that about {@value #LINES} lines are drawn. */
  private static long step(long most) {
    long step = 1;
    while (step * LINES < most) {
      step = Long.toString(step).startsWith("2") ? step / 2 * 5 : step * 2;
    }
    return step;
  }

  private static String place(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
