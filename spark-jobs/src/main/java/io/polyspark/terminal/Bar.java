package io.polyspark.terminal;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Optional;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarRenderer;
import me.tongfei.progressbar.ProgressState;

/**
 * How far something is: on a terminal a bar in the {@link StatusLine}, elsewhere (a file, a pipe) a
 * plain line every ten seconds, without control codes. Either way percent done, rate and time left,
 * and when all is done a line that says what it took. What is over in a second is not shown at all,
 * and the end of what nobody could count only if it took ten.
 */
public final class Bar implements AutoCloseable {
  private static final Duration SHORT = Duration.ofSeconds(1);
  private static final Duration INTERVAL = Duration.ofSeconds(10);

  private final String name;
  private final BarText text;
  private final Optional<PrintStream> end;
  private final ProgressBar bar;
  private volatile ProgressState state;
  private boolean closed;

  /**
   * Starts on the standard error stream.
   *
   * @param name of what is done, a few words
   * @param total units of it; 0 where that is not known (yet)
   * @param unit in the plural
   */
  public static Bar start(String name, long total, String unit) {
    return Terminal.showsErrors()
        ? moving(name, total, unit, StatusLine.errors(), System.err)
        : plain(name, total, unit, System.err);
  }

  /**
   * Something that is done in one piece.
   *
   * @param <E> what it may throw
   */
  @FunctionalInterface
  public interface Work<T, E extends Exception> {
    T run() throws E;
  }

  /**
   * Does something of which only the time can be shown that it takes.
   *
   * @return what comes of it
   */
  public static <T, E extends Exception> T during(String name, Work<T, E> work) throws E {
    Bar bar = start(name, 0, "");
    try {
      return work.run();
    } finally {
      bar.close();
    }
  }

  /**
   * Goes on with what has no name, on a terminal's line, where it is shown at once and leaves no
   * line in the end.
   *
   * @param done units that were done before
   * @param total units of it
   */
  public static Bar moving(long done, long total, StatusLine line) {
    BarText text = new BarText("");
    return new Bar("", done, total, text, text, line.consumer(Duration.ZERO), Optional.empty());
  }

  /** As {@link #start}, on a terminal's line; what is said in the end goes above it. */
  static Bar moving(String name, long total, String unit, StatusLine line, PrintStream above) {
    BarText text = new BarText(unit);
    return new Bar(name, 0, total, text, text, line.consumer(SHORT), Optional.of(above));
  }

  /** As {@link #start}, in plain lines. */
  static Bar plain(String name, long total, String unit, PrintStream out) {
    BarText text = new BarText(unit);
    return new Bar(
        name, 0, total, text, (now, width) -> text.plain(now), new InLines(out), Optional.of(out));
  }

  private Bar(
      String name,
      long done,
      long total,
      BarText text,
      ProgressBarRenderer renderer,
      ProgressBarConsumer consumer,
      Optional<PrintStream> end) {
    this.name = name;
    this.text = text;
    this.end = end;
    this.bar =
        new ProgressBarBuilder()
            .setTaskName(name)
            .setInitialMax(total > 0 ? total : -1)
            .startsFrom(done, Duration.ZERO)
            .setUpdateIntervalMillis(500)
            .continuousUpdate()
            .setRenderer(
                (now, width) -> {
                  state = now;
                  return renderer.render(now, width);
                })
            .setConsumer(consumer)
            .build();
  }

  /** The name that it was started with. */
  public String name() {
    return name;
  }

  /** So many units are done. */
  public void to(long done) {
    bar.stepTo(done);
  }

  /** One more unit is done. */
  public void step() {
    bar.step();
  }

  /** There is as much to do in all. */
  public void total(long total) {
    bar.maxHint(total);
  }

  /** Something to say beside it, such as a rate. */
  public void note(String note) {
    bar.setExtraMessage(note);
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    bar.close();
    Duration shown = bar.isIndefinite() ? INTERVAL : SHORT;
    boolean whole = bar.isIndefinite() || bar.getCurrent() >= bar.getMax();
    // The library draws once more when it closes.
    if (state != null && whole && bar.getElapsedAfterStart().compareTo(shown) >= 0) {
      end.ifPresent(out -> out.println(text.end(state)));
    }
  }

  /** Lines now and then. */
  private static final class InLines implements ProgressBarConsumer {
    private final PrintStream out;
    private long last = System.nanoTime();

    InLines(PrintStream out) {
      this.out = out;
    }

    @Override
    public int getMaxRenderedLength() {
      return Integer.MAX_VALUE;
    }

    @Override
    public void accept(String text) {
      if (System.nanoTime() - last >= INTERVAL.toNanos()) {
        last = System.nanoTime();
        out.println(text);
      }
    }

    @Override
    public void close() {
      out.flush();
    }
  }
}
