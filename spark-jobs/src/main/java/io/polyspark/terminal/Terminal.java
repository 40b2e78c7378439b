package io.polyspark.terminal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jline.nativ.CLibrary;

/** What stands at the other end of the standard error stream. */
public final class Terminal {
  private static final String RED = "\u001B[31m";
  private static final int USUAL_WIDTH = 80;
  private static final String RESET = "\u001B[0m";

  private Terminal() {}

  /**
   * Whether people read the standard error stream on a terminal that obeys control codes. {@link
   * System#console} would say no as soon as the standard output goes to a file. A system without
   * /proc has no terminals, as far as this can see.
   */
  public static boolean showsErrors() {
    return shows(2);
  }

  /** As {@link #showsErrors}, of the standard output stream. */
  public static boolean showsOutput() {
    return shows(1);
  }

  private static boolean shows(int descriptor) {
    if ("dumb".equals(System.getenv("TERM"))) {
      return false;
    }
    Path stream = Path.of("/proc/self/fd/" + descriptor);
    try {
      String target = Files.readSymbolicLink(stream).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  /**
   * Columns of the terminal that the standard error stream is; 80 where that cannot be found out.
   * Asked of the system: JLine's own terminal, which the library of bars would ask, takes the
   * handlers of signals away from whoever has set some.
   */
  static int width() {
    CLibrary.WinSize size = new CLibrary.WinSize();
    try {
      boolean known = CLibrary.ioctl(2, CLibrary.TIOCGWINSZ, size) == 0 && size.ws_col > 0;
      return known ? size.ws_col : USUAL_WIDTH;
    } catch (LinkageError e) {
      // There is no library of JLine's for this system, or no place to unpack it.
      return USUAL_WIDTH;
    }
  }

  /** The text in red, where the standard error stream is a terminal and NO_COLOR is not set. */
  public static String red(String text) {
    boolean plain = !System.getenv().getOrDefault("NO_COLOR", "").isEmpty();
    return showsErrors() && !plain ? RED + text + RESET : text;
  }
}
