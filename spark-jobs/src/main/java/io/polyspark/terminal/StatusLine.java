package io.polyspark.terminal;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import me.tongfei.progressbar.ProgressBarConsumer;

/**
 * The last line of a terminal, which is drawn again and again. What else goes to the terminal has
 * to go through {@link #above}: the line makes way for it and comes back, so that neither spoils
 * the other.
 */
public final class StatusLine {
  /** To the beginning of the line, and clear it. */
  private static final String CLEAR = "\r\u001B[K";

  private static final StatusLine ERRORS =
      new StatusLine(
          new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8));

  private final PrintStream terminal;
  private String text = "";
  private boolean lineIsOurs = true;
  private boolean ended;

  /**
   * @param terminal obeys control codes
   */
  public StatusLine(PrintStream terminal) {
    this.terminal = terminal;
  }

  /** That of the standard error stream; only where {@link Terminal#showsErrors}. */
  public static StatusLine errors() {
    return ERRORS;
  }

  /**
   * Draws the line, in place of what it showed.
   *
   * @param now at most as wide as the terminal
   */
  public synchronized void show(String now) {
    if (ended) {
      return;
    }
    text = now;
    if (lineIsOurs) {
      draw();
    }
  }

  /** Removes the line. */
  public synchronized void clear() {
    if (lineIsOurs && !text.isEmpty()) {
      terminal.print(CLEAR);
      terminal.flush();
    }
    text = "";
  }

  /** Removes the line for good. */
  public synchronized void end() {
    clear();
    ended = true;
  }

  /**
   * Where a bar is drawn.
   *
   * @param delay one that is closed before is not shown
   */
  public ProgressBarConsumer consumer(Duration delay) {
    return new OnLine(this, delay);
  }

  /**
   * A stream for the same terminal, the line out of the way.
   *
   * @param stream goes there
   */
  public PrintStream above(OutputStream stream) {
    PrintStream to = new PrintStream(stream, true, StandardCharsets.UTF_8);
    return new PrintStream(
        new OutputStream() {
          @Override
          public void write(int single) {
            write(new byte[] {(byte) single}, 0, 1);
          }

          @Override
          public void write(byte[] bytes, int offset, int length) {
            print(to, bytes, offset, length);
          }
        },
        true,
        StandardCharsets.UTF_8);
  }

  private synchronized void print(PrintStream to, byte[] bytes, int offset, int length) {
    if (length == 0) {
      return;
    }
    if (lineIsOurs && !text.isEmpty()) {
      terminal.print(CLEAR);
      terminal.flush();
    }
    to.write(bytes, offset, length);
    to.flush();
    // Where a line has begun it is not ours until it ends.
    lineIsOurs = bytes[offset + length - 1] == '\n';
    if (lineIsOurs && !text.isEmpty()) {
      draw();
    }
  }

  private void draw() {
    terminal.print(CLEAR + text);
    terminal.flush();
  }
}
