package io.polyspark.train.averaging;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.apache.hadoop.fs.FSError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes again what a file system did not take, which may be full or away for a while.
 *
 * @param pause between two attempts
 */
public record WriteAttempts(Duration pause) {
  private static final Logger LOG = LoggerFactory.getLogger(WriteAttempts.class);
  private static final int ATTEMPTS = 3;

  /** A name node that starts again takes about as long as the pauses between these. */
  public static final WriteAttempts USUAL = new WriteAttempts(Duration.ofSeconds(10));

  /** Writes something whole, from the beginning, each time that it is called. */
  @FunctionalInterface
  public interface Write {
    void run() throws IOException;
  }

  /**
   * Calls {@code write} until it does not fail, {@value #ATTEMPTS} times at most.
   *
   * @param what the log names it so
   * @throws IOException the last failure; {@link InterruptedIOException} if the thread was
   *     interrupted between two attempts
   */
  public void run(String what, Write write) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        once(write);
        return;
      } catch (IOException e) {
        if (attempt == ATTEMPTS) {
          throw e;
        }
        LOG.info("Writing {} again: {}", what, cause(e));
      }
      try {
        Thread.sleep(pause.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("Interrupted before writing " + what + " again");
      }
    }
  }

  private static void once(Write write) throws IOException {
    try {
      write.run();
    } catch (UncheckedIOException | FSError e) {
      // The latter is what Hadoop makes of a local disk that is full.
      throw new IOException(e.getMessage(), e);
    }
  }

  /** What a failure says, in a line of the log or a sentence. */
  public static String cause(Throwable failure) {
    return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
  }
}
