package io.polyspark.train.metrics;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.OptionalDouble;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Tells people how a run goes: on a terminal one line that moves, elsewhere (a file, a pipe) a
 * plain line every few seconds, without control codes. Either way percent done, loss, tokens per
 * second, the bytes that the replicas sent in the round, and time left.
 */
public final class ProgressLine implements MetricsSink {
  private static final long PLAIN_INTERVAL_NANOS = Duration.ofSeconds(10).toNanos();

  private final long totalSteps;
  private final long firstStep;
  private final Output output;
  private final long started = System.nanoTime();
  private OptionalDouble validation = OptionalDouble.empty();

  private interface Output extends AutoCloseable {
    /**
     * Shows where a run stands.
     *
     * @param validation the newest that was measured
     * @param left time left, in words
     */
    void show(RoundMetrics round, OptionalDouble validation, String left);

    @Override
    void close();
  }

  private ProgressLine(long totalSteps, long firstStep, Output output) {
    this.totalSteps = totalSteps;
    this.firstStep = firstStep;
    this.output = output;
  }

  /**
   * A line that moves.
   *
   * @param totalSteps steps of each replica in the whole run
   * @param completedSteps steps of each replica that an earlier run has done
   * @param terminal obeys control codes
   */
  public static ProgressLine moving(long totalSteps, long completedSteps, PrintStream terminal) {
    return new ProgressLine(
        totalSteps, completedSteps, new Moving(totalSteps, completedSteps, terminal));
  }

  /**
   * Plain lines.
   *
   * @param totalSteps steps of each replica in the whole run
   * @param completedSteps steps of each replica that an earlier run has done
   */
  public static ProgressLine plain(long totalSteps, long completedSteps, PrintStream out) {
    return new ProgressLine(totalSteps, completedSteps, new Plain(totalSteps, out));
  }

  @Override
  public void replicaRound(ReplicaRoundEvent event) {
    // People follow rounds.
  }

  @Override
  public void round(RoundMetrics round) {
    if (round.validationLoss().isPresent()) {
      validation = round.validationLoss();
    }
    output.show(round, validation, words(left(round.step())));
  }

  @Override
  public void close() {
    output.close();
  }

  private Duration left(long step) {
    double each = (double) (System.nanoTime() - started) / Math.max(1, step - firstStep);
    return Duration.ofNanos((long) (each * (totalSteps - step)));
  }

  /** 3,725 seconds as 1h02m. */
  static String words(Duration duration) {
    long seconds = duration.toSeconds();
    if (seconds < 60) {
      return seconds + "s";
    }
    return seconds < 3600
        ? String.format(Locale.ROOT, "%dm%02ds", seconds / 60, seconds % 60)
        : String.format(Locale.ROOT, "%dh%02dm", seconds / 3600, seconds % 3600 / 60);
  }

  /** 67,100,000 bytes as 67.1 MB. */
  static String bytes(long bytes) {
    if (bytes < 1_000_000) {
      return String.format(Locale.ROOT, "%.1f kB", bytes * 1e-3);
    }
    return bytes < 1_000_000_000
        ? String.format(Locale.ROOT, "%.1f MB", bytes * 1e-6)
        : String.format(Locale.ROOT, "%.1f GB", bytes * 1e-9);
  }

  private static final class Moving implements Output {
    private final ProgressBar bar;

    Moving(long totalSteps, long completedSteps, PrintStream terminal) {
      bar =
          new ProgressBarBuilder()
              .setTaskName("")
              .setInitialMax(totalSteps)
              .startsFrom(completedSteps, Duration.ZERO)
              .setStyle(ProgressBarStyle.UNICODE_BLOCK)
              .hideEta()
              .setConsumer(new ConsoleProgressBarConsumer(terminal))
              .build();
    }

    @Override
    public void show(RoundMetrics round, OptionalDouble validation, String left) {
      // As short as can be: what is wider than the terminal is cut off.
      StringBuilder message = new StringBuilder();
      message.append(String.format(Locale.ROOT, "loss %.3f", round.loss()));
      validation.ifPresent(loss -> message.append(String.format(Locale.ROOT, " val %.3f", loss)));
      message.append(
          String.format(
              Locale.ROOT,
              " %.1fk tok/s %s/round %s left",
              round.tokensPerSecond() / 1000,
              bytes(round.sentBytes()),
              left));
      bar.stepTo(round.step());
      bar.setExtraMessage(message.toString());
    }

    @Override
    public void close() {
      bar.close();
    }
  }

  private static final class Plain implements Output {
    private final long totalSteps;
    private final PrintStream out;
    private long last = System.nanoTime() - PLAIN_INTERVAL_NANOS;

    Plain(long totalSteps, PrintStream out) {
      this.totalSteps = totalSteps;
      this.out = out;
    }

    @Override
    public void show(RoundMetrics round, OptionalDouble validation, String left) {
      boolean important = round.validationLoss().isPresent() || round.step() >= totalSteps;
      if (!important && System.nanoTime() - last < PLAIN_INTERVAL_NANOS) {
        return;
      }
      last = System.nanoTime();
      StringBuilder line = new StringBuilder();
      line.append(
          String.format(
              Locale.ROOT,
              "%3d%%  step %d of %d  loss %.3f",
              100 * round.step() / totalSteps,
              round.step(),
              totalSteps,
              round.loss()));
      validation.ifPresent(
          loss -> line.append(String.format(Locale.ROOT, ", validation %.3f", loss)));
      line.append(
          String.format(
              Locale.ROOT,
              ", %,.0f tokens/s, %s sent per round, %s left",
              round.tokensPerSecond(),
              bytes(round.sentBytes()),
              left));
      out.println(line);
    }

    @Override
    public void close() {
      out.flush();
    }
  }
}
