package io.polyspark.model.config;

import java.util.Locale;

/**
 * A mistake of the person who runs a command: bad input, a key that does not exist, too little
 * memory. Its message is one sentence that names what was found and where, and says what to do. The
 * command line prints that sentence alone and ends with exit code 2; every other exception is a
 * fault of ours and ends with a stack trace and exit code 1.
 */
public final class UserError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message a sentence for the user
   */
  public UserError(String message) {
    super(message);
  }

  /**
   * @param message a sentence for the user
   * @param cause what was found underneath, for the log
   */
  public UserError(String message, Throwable cause) {
    super(message, cause);
  }

  /** Formats the sentence as {@link String#format} does. */
  public static UserError of(String format, Object... arguments) {
    return new UserError(String.format(Locale.ROOT, format, arguments));
  }
}
