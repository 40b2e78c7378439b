package io.polyspark.cli;

import io.polyspark.model.config.UserError;
import java.net.ConnectException;
import java.net.UnknownHostException;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.spark.SecurityManager;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.master.Master;
import org.apache.spark.rpc.RpcAddress;
import org.apache.spark.rpc.RpcEnv;
import org.apache.spark.util.Utils;

/**
 * The masters of a standalone cluster, met before Spark starts: one that is not there, or that
 * knows another secret, would cost a minute and end in a stack trace.
 */
final class StandaloneMaster {
  private static final String SCHEME = "spark://";
  private static final String CONNECTIONS =
      "org.apache.spark.network.client.TransportClientFactory";
  private static final String SECRET = "spark.authenticate.secret";

  private StandaloneMaster() {}

  /**
   * Gives a driver the secret of its cluster from the environment, where Spark's other processes
   * look for it by themselves; a secret that is set stays.
   *
   * @throws UserError if there is none, but the cluster's processes are to authenticate each other
   */
  static void shareSecret(SparkConf conf) {
    if (!isStandalone(conf) || !conf.getBoolean("spark.authenticate", false)) {
      return;
    }
    String secret = System.getenv(SecurityManager.ENV_AUTH_SECRET());
    if (secret != null && !secret.isEmpty()) {
      conf.setIfMissing(SECRET, secret);
    } else if (!conf.contains(SECRET)) {
      throw UserError.of(
          "spark.authenticate is set, but there is no secret: put the one of the cluster into the"
              + " environment variable %s.",
          SecurityManager.ENV_AUTH_SECRET());
    }
  }

  /**
   * Connects to a master as Spark will, with the same secret.
   *
   * @throws UserError if none of those that {@code spark.master} names answers
   */
  static void requireAnswer(SparkConf conf) {
    if (!isStandalone(conf)) {
      return;
    }
    String[] masters = Utils.parseStandaloneMasterUrls(conf.get("spark.master"));
    // It would log the stack trace of what we say in a sentence.
    Level usual = LogManager.getLogger(CONNECTIONS).getLevel();
    Configurator.setLevel(CONNECTIONS, Level.OFF);
    RpcEnv here =
        RpcEnv.create(
            "hello",
            Utils.localHostName(),
            0,
            conf,
            new SecurityManager(
                conf,
                SecurityManager.$lessinit$greater$default$2(),
                SecurityManager.$lessinit$greater$default$3()),
            true);
    try {
      UserError failure = null;
      for (String master : masters) {
        try {
          here.setupEndpointRef(RpcAddress.fromSparkURL(master), Master.ENDPOINT_NAME());
          return;
        } catch (Exception e) {
          failure = new UserError(sentence(master, e), e);
        }
      }
      throw failure;
    } finally {
      here.shutdown();
      here.awaitTermination();
      Configurator.setLevel(CONNECTIONS, usual);
    }
  }

  private static boolean isStandalone(SparkConf conf) {
    return conf.get("spark.master", "").startsWith(SCHEME);
  }

  private static String sentence(String master, Exception failure) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof ConnectException || at instanceof UnknownHostException) {
        return "There is no master at %s: see whether the address is right and it is up."
            .formatted(master);
      }
    }
    return ("The master at %s does not talk to us: give spark.authenticate, spark.network.crypto.* and"
            + " the secret in %s as the cluster has them.")
        .formatted(master, SecurityManager.ENV_AUTH_SECRET());
  }
}
