package io.polyspark.terminal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What stands at the other end of the standard error stream. */
public final class Terminal {
  private static final String RED = "\u001B[31m";
  private static final String RESET = "\u001B[0m";

  private Terminal() {}

  /**
   * Whether people read the standard error stream on a terminal that obeys control codes. {@link
   * System#console} would say no as soon as the standard output goes to a file. A system without
   * /proc has no terminals, as far as this can see.
   */
  public static boolean showsErrors() {
    if ("dumb".equals(System.getenv("TERM"))) {
      return false;
    }
    Path stream = Path.of("/proc/self/fd/2");
    try {
      String target = Files.readSymbolicLink(stream).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  /** The text in red, where the standard error stream is a terminal and NO_COLOR is not set. */
  public static String red(String text) {
    return showsErrors() && System.getenv("NO_COLOR") == null ? RED + text + RESET : text;
  }
}
