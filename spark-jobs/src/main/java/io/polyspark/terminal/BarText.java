package io.polyspark.terminal;

import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBarRenderer;
import me.tongfei.progressbar.ProgressState;

/**
 * What a bar says, in a line that moves or in plain lines. Unlike the library's own text it has the
 * time left in words, where it is known, and room for more beside it in 80 columns.
 */
final class BarText implements ProgressBarRenderer {
  private static final String NO_NUMBER = "      ";

  /** Eighths of a column, and a column. */
  private static final String BLOCKS = " ▏▎▍▌▋▊▉█";

  private static final int LEAST_BAR = 4;
  private static final int LONGEST_BAR = 40;

  private final String unit;

  /**
   * @param unit in the plural; empty where it needs no name
   */
  BarText(String unit) {
    this.unit = unit;
  }

  /** A line that moves: a bar where the total is known, else only for how long it has lasted. */
  @Override
  public String render(ProgressState state, int width) {
    String line;
    if (isCounted(state)) {
      String left = "%s %3d%% ".formatted(state.getTaskName(), percent(state)).stripLeading();
      StringBuilder right =
          new StringBuilder(
              String.format(Locale.ROOT, "%,d/%,d", state.getCurrent(), state.getMax()));
      append(right, " ", unit);
      append(right, ", ", time(state));
      append(right, ", ", state.getExtraMessage());
      int room = Math.min(LONGEST_BAR, width - left.length() - right.length() - 3);
      line = left + (room < LEAST_BAR ? "" : "|" + bar(state, room) + "| ") + right;
    } else {
      line = state.getTaskName() + " " + time(state);
    }
    return fitted(line, width);
  }

  /**
   * Without what stands last, where there is no room for it: half a number would be another one.
   */
  private static String fitted(String line, int width) {
    if (line.length() <= width) {
      return line;
    }
    String cut = line.substring(0, Math.max(0, width));
    int end = line.charAt(cut.length()) == ' ' ? cut.length() : cut.lastIndexOf(' ');
    return end > 0 ? cut.substring(0, end) : cut;
  }

  /** A line of its own, while it goes on. */
  String plain(ProgressState state) {
    StringBuilder line = new StringBuilder(begin(state));
    if (isCounted(state)) {
      append(
          line,
          "  ",
          String.format(Locale.ROOT, "%,d of %,d %s", state.getCurrent(), state.getMax(), unit));
    }
    append(line, ", ", state.getExtraMessage());
    append(line, ", ", time(state));
    return line.toString();
  }

  /** What it took in the end. */
  String end(ProgressState state) {
    StringBuilder line = new StringBuilder(begin(state));
    if (state.getCurrent() > 0) {
      String counted = state.getCurrent() == 1 ? unit.replaceFirst("s$", "") : unit;
      append(line, "  ", String.format(Locale.ROOT, "%,d %s", state.getCurrent(), counted));
    }
    append(line, ", ", state.getExtraMessage());
    append(line, ", ", "took " + Amounts.words(state.getElapsedAfterStart()));
    return line.toString();
  }

  private static boolean isCounted(ProgressState state) {
    return state.getMax() > 0;
  }

  private static long percent(ProgressState state) {
    return Math.min(100, 100 * state.getCurrent() / state.getMax());
  }

  /** What is left where it can be said, else what it has taken. */
  private static String time(ProgressState state) {
    Duration elapsed = state.getElapsedAfterStart();
    long done = state.getCurrent() - state.getStart();
    if (!isCounted(state) || done <= 0) {
      return Amounts.words(elapsed);
    }
    double rest = (double) Math.max(0, state.getMax() - state.getCurrent()) / done;
    return Amounts.words(Duration.ofNanos((long) (elapsed.toNanos() * rest))) + " left";
  }

  private static String bar(ProgressState state, int columns) {
    int last = BLOCKS.length() - 1;
    double share = Math.min(1, (double) state.getCurrent() / state.getMax());
    int filled = (int) (share * columns * last);
    StringBuilder bar = new StringBuilder();
    for (int column = 0; column < columns; column++) {
      bar.append(BLOCKS.charAt(Math.max(0, Math.min(last, filled - column * last))));
    }
    return bar.toString();
  }

  private static String begin(ProgressState state) {
    return isCounted(state)
        ? "%3d%%  %s".formatted(percent(state), state.getTaskName())
        : NO_NUMBER + state.getTaskName();
  }

  private static void append(StringBuilder line, String separator, String words) {
    String text = words.strip();
    if (!text.isEmpty()) {
      line.append(separator).append(text);
    }
  }
}
