package io.polyspark.preflight;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;

/** Checks of the ports that a driver listens on. */
final class PortChecks {
  private static final int DEFAULT_UI_PORT = 4040;
  private static final int MOST = 65_535;

  private PortChecks() {}

  /**
   * Whether Spark would find its ports free. Where one is taken Spark tries those after it, as many
   * as {@code spark.port.maxRetries} says; 0 stands for any.
   */
  static Finding free(SparkConf conf) {
    int tries = conf.getInt("spark.port.maxRetries", 16);
    List<String> found = new ArrayList<>();
    for (String key : List.of("spark.driver.port", "spark.driver.blockManager.port")) {
      int wanted = conf.getInt(key, conf.getInt(key.replace("driver.block", "block"), 0));
      int free = firstFree(wanted, tries);
      if (free < 0) {
        return taken(key, wanted, tries);
      }
      found.add(wanted == 0 ? "any for " + key : free + " for " + key);
    }
    if (conf.getBoolean("spark.ui.enabled", true)) {
      int wanted = conf.getInt("spark.ui.port", DEFAULT_UI_PORT);
      int free = firstFree(wanted, tries);
      if (free < 0) {
        return taken("spark.ui.port", wanted, tries);
      }
      found.add(free + " for spark.ui.port");
    }
    return Finding.ok("ports", "free: %s", String.join(", ", found));
  }

  private static Finding taken(String key, int wanted, int tries) {
    return Finding.fail(
        "ports",
        "%s is %d, but that port and the %d after it are taken: use --conf %s=N with another.",
        key,
        wanted,
        tries,
        key);
  }

  /** The first port that can be listened on; -1 where none can. */
  private static int firstFree(int wanted, int tries) {
    return IntStream.rangeClosed(wanted, Math.min(wanted + tries, MOST))
        .filter(PortChecks::isFree)
        .findFirst()
        .orElse(-1);
  }

  private static boolean isFree(int port) {
    try {
      new ServerSocket(port).close();
      return true;
    } catch (IOException e) {
      // Taken, or not ours to take.
      return false;
    }
  }
}
