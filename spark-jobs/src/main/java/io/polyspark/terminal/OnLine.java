package io.polyspark.terminal;

import java.time.Duration;
import me.tongfei.progressbar.ProgressBarConsumer;

/** Draws the library's bars on the line that moves. */
final class OnLine implements ProgressBarConsumer {
  private final StatusLine line;
  private final long from;

  /**
   * @param delay what is over before is not shown
   */
  OnLine(StatusLine line, Duration delay) {
    this.line = line;
    this.from = System.nanoTime() + delay.toNanos();
  }

  @Override
  public int getMaxRenderedLength() {
    // A cursor past the last column would wrap.
    return Terminal.width() - 1;
  }

  @Override
  public void accept(String text) {
    if (System.nanoTime() >= from) {
      line.show(text);
    }
  }

  @Override
  public void close() {
    line.clear();
  }
}
