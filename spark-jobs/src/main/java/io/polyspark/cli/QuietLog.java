package io.polyspark.cli;

import java.net.URISyntaxException;
import java.net.URL;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;

/**
 * The log of the driver: ours, and of Spark only what went wrong. A log4j2 configuration of the
 * user (in Spark's conf directory, or by {@code -Dlog4j2.configurationFile}) goes before.
 */
final class QuietLog {
  private static final String FILE = "log4j2.properties";

  private static volatile boolean isVerbose;

  private QuietLog() {}

  /** What Spark says while a signal ends it, its executors first, is of no use to anybody. */
  static void silence() {
    if (!isVerbose) {
      Configurator.setLevel("org.apache.spark", Level.OFF);
    }
  }

  /**
   * Sets up the log. Spark has started log4j before the application's jar is on the class path, so
   * the file in the jar has to be pointed to.
   *
   * @param verbose show Spark's and Hadoop's information too
   */
  static void configure(boolean verbose) {
    URL own = QuietLog.class.getClassLoader().getResource(FILE);
    boolean chosenByUser =
        System.getProperty("log4j2.configurationFile") != null
            || System.getProperty("log4j.configurationFile") != null
            || ClassLoader.getSystemResource(FILE) != null;
    if (!chosenByUser && own != null) {
      try {
        Configurator.reconfigure(own.toURI());
      } catch (URISyntaxException e) {
        throw new IllegalStateException(e);
      }
    }
    isVerbose = verbose;
    if (verbose) {
      Configurator.setLevel("org.apache.spark", Level.INFO);
      Configurator.setLevel("org.apache.hadoop", Level.INFO);
    }
  }
}
