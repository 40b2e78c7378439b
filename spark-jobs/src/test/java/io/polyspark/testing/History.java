package io.polyspark.testing;

import java.nio.file.Path;
import org.apache.spark.SecurityManager;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.deploy.history.FsHistoryProvider;
import org.apache.spark.deploy.history.HistoryServer;
import org.apache.spark.scheduler.EventLoggingListener;
import org.apache.spark.scheduler.SparkListenerApplicationEnd;
import org.apache.spark.scheduler.SparkListenerApplicationStart;
import scala.Option;

/** Spark's own event log and History Server, around a part of what the tests' one context does. */
public final class History implements AutoCloseable {
  private static final String APPLICATION = "app-tests";

  private final FsHistoryProvider provider;
  private final HistoryServer server;

  private History(FsHistoryProvider provider, HistoryServer server) {
    this.provider = provider;
    this.server = server;
  }

  /** Something that may fail as tests do. */
  @FunctionalInterface
  public interface Work {
    void run() throws Exception;
  }

  /** Writes the event log of an application that does the work and ends. */
  public static void log(JavaSparkContext spark, Path logs, Work work) throws Exception {
    EventLoggingListener log =
        new EventLoggingListener(APPLICATION, Option.empty(), logs.toUri(), spark.getConf());
    log.start();
    log.onApplicationStart(
        new SparkListenerApplicationStart(
            "tests",
            Option.apply(APPLICATION),
            System.currentTimeMillis(),
            "user",
            Option.empty(),
            Option.empty(),
            Option.empty()));
    spark.sc().listenerBus().addToEventLogQueue(log);
    try {
      work.run();
    } finally {
      spark.sc().listenerBus().waitUntilEmpty();
      spark.sc().listenerBus().removeListener(log);
      log.onApplicationEnd(new SparkListenerApplicationEnd(System.currentTimeMillis()));
      log.stop();
    }
  }

  /**
   * Starts a server that shows the logs.
   *
   * @param store where it keeps what it has read of them, on a disk
   */
  public static History of(Path logs, Path store) {
    SparkConf conf =
        new SparkConf(false)
            .set("spark.history.fs.logDirectory", logs.toUri().toString())
            .set("spark.history.store.path", store.toString());
    FsHistoryProvider provider = new FsHistoryProvider(conf);
    HistoryServer server =
        new HistoryServer(
            conf,
            provider,
            new SecurityManager(
                conf, Option.empty(), SecurityManager.$lessinit$greater$default$3()),
            0);
    server.bind();
    provider.start();
    return new History(provider, server);
  }

  /** The address of the application's pages; they are there once the log has been found. */
  public String application() {
    return "http://127.0.0.1:" + server.boundPort() + "/history/" + APPLICATION;
  }

  /** Returns when the server has found the application's log. */
  public void await() throws InterruptedException {
    while (provider.getApplicationInfo(APPLICATION).isEmpty()) {
      Thread.sleep(50);
    }
  }

  @Override
  public void close() {
    server.stop();
  }
}
