package io.polyspark.terminal;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import me.tongfei.progressbar.DefaultProgressBarRenderer;
import me.tongfei.progressbar.ProgressBarStyle;
import me.tongfei.progressbar.ProgressState;

/** What a bar says: the library's drawing with our words for times, or a plain line. */
final class BarText extends DefaultProgressBarRenderer {
  private static final String NO_NUMBER = "      ";

  private final String unit;

  /**
   * @param unit in the plural
   */
  BarText(String unit) {
    super(
        ProgressBarStyle.UNICODE_BLOCK,
        " " + unit,
        1,
        true,
        null,
        ChronoUnit.SECONDS,
        false,
        state -> Optional.empty());
    this.unit = unit;
  }

  /** A line that moves: a bar where the total is known, else only for how long it has lasted. */
  @Override
  public String render(ProgressState state, int width) {
    return isCounted(state)
        ? super.render(state, width)
        : state.getTaskName() + " " + Amounts.words(state.getElapsedAfterStart());
  }

  /** The library leaves the rest of the line to its speed. */
  @Override
  protected String speed(ProgressState state) {
    return time(state);
  }

  /** A line of its own, while it goes on. */
  String plain(ProgressState state) {
    StringBuilder line = new StringBuilder(begin(state));
    if (isCounted(state)) {
      line.append(
          String.format(Locale.ROOT, "  %,d of %,d %s", state.getCurrent(), state.getMax(), unit));
    }
    append(line, state.getExtraMessage());
    append(line, time(state));
    return line.toString();
  }

  /** What it took in the end. */
  String end(ProgressState state) {
    StringBuilder line = new StringBuilder(begin(state));
    if (state.getCurrent() > 0) {
      line.append(String.format(Locale.ROOT, "  %,d %s", state.getCurrent(), unit));
    }
    append(line, state.getExtraMessage());
    append(line, "took " + Amounts.words(state.getElapsedAfterStart()));
    return line.toString();
  }

  static boolean isCounted(ProgressState state) {
    return state.getMax() > 0;
  }

  private static String time(ProgressState state) {
    Duration elapsed = state.getElapsedAfterStart();
    if (!isCounted(state) || state.getCurrent() == state.getStart()) {
      return "for " + Amounts.words(elapsed);
    }
    double rest =
        (double) (state.getMax() - state.getCurrent()) / (state.getCurrent() - state.getStart());
    return Amounts.words(Duration.ofNanos((long) (elapsed.toNanos() * rest))) + " left";
  }

  private static String begin(ProgressState state) {
    return isCounted(state)
        ? String.format(
            Locale.ROOT,
            "%3d%%  %s",
            Math.min(100, 100 * state.getCurrent() / state.getMax()),
            state.getTaskName())
        : NO_NUMBER + state.getTaskName();
  }

  private static void append(StringBuilder line, String words) {
    String text = words.strip();
    if (!text.isEmpty()) {
      line.append(", ").append(text);
    }
  }
}
