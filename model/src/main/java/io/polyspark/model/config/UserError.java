package io.polyspark.model.config;

import java.util.Locale;

/**
 * A mistake of the person who runs a command: bad input, a key that does not exist, too little
 * memory. Its message is one sentence that names what was found and where, and says what to do. The
 * command line prints that sentence alone and ends with exit code 2, or 75 where the same command
 * may succeed later; every other exception is a fault of ours and ends with a stack trace and exit
 * code 1.
 */
public final class UserError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Sentences quote what files hold, and files may hold anything. */
  private static final int MOST_CHARACTERS = 2000;

  private static final int HEAD = 1200;
  private static final int TAIL = 700;

  private final boolean passing;

  /**
   * @param message a sentence for the user; control characters in it become spaces, and the middle
   *     of a very long one is left out
   */
  public UserError(String message) {
    this(message, null);
  }

  /**
   * @param message a sentence for the user
   * @param cause what was found underneath, for the log
   */
  public UserError(String message, Throwable cause) {
    this(message, cause, false);
  }

  private UserError(String message, Throwable cause, boolean passing) {
    super(sentence(message), cause);
    this.passing = passing;
  }

  /** Formats the sentence as {@link String#format} does. */
  public static UserError of(String format, Object... arguments) {
    return new UserError(String.format(Locale.ROOT, format, arguments));
  }

  /** What is nobody's mistake, and may be over when the same command is given later. */
  public static UserError passing(String format, Object... arguments) {
    return new UserError(String.format(Locale.ROOT, format, arguments), null, true);
  }

  /** Whether the same command may succeed later without a change. */
  public boolean isPassing() {
    return passing;
  }

  private static String sentence(String message) {
    String whole =
        message.length() <= MOST_CHARACTERS
            ? message
            : message.substring(0, HEAD) + " ... " + message.substring(message.length() - TAIL);
    StringBuilder sentence = new StringBuilder(whole);
    for (int i = 0; i < sentence.length(); i++) {
      if (Character.isISOControl(sentence.charAt(i))) {
        sentence.setCharAt(i, ' ');
      }
    }
    return sentence.toString();
  }
}
