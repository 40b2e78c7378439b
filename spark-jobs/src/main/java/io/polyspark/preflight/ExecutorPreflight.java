package io.polyspark.preflight;

import io.polyspark.model.config.UserError;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.spark.SparkEnv;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checks that every executor makes before the first replica of a run on each of its GPUs, or on
 * its CPU.
 */
public final class ExecutorPreflight {
  private static final Logger LOG = LoggerFactory.getLogger(ExecutorPreflight.class);
  private static final Map<String, List<Finding>> MADE = new HashMap<>();

  private ExecutorPreflight() {}

  /**
   * Makes the checks, where they have not been made, and writes them to the log.
   *
   * @param key of the run and the device
   * @param needs what the run asks of this executor; asked for where there is something to check
   * @throws UserError if one failed, with its sentence and the name of the executor
   */
  public static void require(String key, Supplier<ExecutorNeeds> needs) {
    List<Finding> findings;
    synchronized (MADE) {
      findings = MADE.computeIfAbsent(key, unused -> make(needs.get()));
    }
    Finding.firstFailure(findings)
        .ifPresent(
            failure -> {
              throw UserError.of("%s: %s", here(), failure.text());
            });
  }

  private static List<Finding> make(ExecutorNeeds needs) {
    List<Finding> findings = Preflight.ofExecutor(needs);
    for (Finding finding : findings) {
      switch (finding.level()) {
        case OK -> LOG.info("{}: {}", finding.check(), finding.text());
        case WARN -> LOG.warn("{}: {}", finding.check(), finding.text());
        case FAIL -> LOG.error("{}: {}", finding.check(), finding.text());
      }
    }
    return findings;
  }

  private static String here() {
    SparkEnv env = SparkEnv.get();
    String host = InetAddress.getLoopbackAddress().getHostName();
    return env == null
        ? host
        : "Executor " + env.executorId() + " on " + env.blockManager().blockManagerId().host();
  }
}
