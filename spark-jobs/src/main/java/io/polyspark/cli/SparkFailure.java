package io.polyspark.cli;

import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkThrowable;

/**
 * What Spark and Hadoop throw where somebody has to put something right, said in our own words.
 *
 * @param sentence what happened, and what to do
 * @param mistake whether the command was wrong, rather than something that happened to it
 */
record SparkFailure(String sentence, boolean mistake) {
  private static final Pattern NO_CLIENT = Pattern.compile("Class (\\S+FileSystem) not found");
  private static final Pattern KEY_STORE =
      Pattern.compile("keystore password was incorrect|\\S+ is not a valid keystore");
  private static final Pattern ENDED =
      Pattern.compile(
          "Master removed our application: \\w+|SparkContext was shut down|All masters are"
              + " unresponsive");

  /**
   * As CudaException says it, alone or within what Spark says of a task. Of the results after which
   * a card is lost those that a program's mistake gives are left out: they need its stack trace.
   */
  private static final Pattern LOST_CARD =
      Pattern.compile(
          "failed with (CUDA_ERROR_(?:ECC_UNCORRECTABLE|NVLINK_UNCORRECTABLE|CONTAINED"
              + "|DEVICE_UNAVAILABLE|EXTERNAL_DEVICE|UNKNOWN) [^\\n]*?)\\. The card is lost to this"
              + " process");

  /** The words for a failure; empty where there are none but its stack trace. */
  static Optional<SparkFailure> of(Throwable failure) {
    return settings(failure)
        .or(
            () ->
                matched(failure, NO_CLIENT)
                    .map(
                        client ->
                            new SparkFailure(
                                "There is no client for this file system here ("
                                    + client
                                    + "): add its jars, as \"Object stores\" in docs/cluster.md"
                                    + " says.",
                                true)))
        .or(
            () ->
                matched(failure, KEY_STORE)
                    .map(
                        reason ->
                            new SparkFailure(
                                "Pages cannot be served over TLS ("
                                    + reason
                                    + "): set spark.ssl.* right, and the environment variables that"
                                    + " they name.",
                                true)))
        .or(
            () ->
                matched(failure, ENDED)
                    .map(
                        reason ->
                            new SparkFailure(
                                "The cluster has ended this application ("
                                    + reason
                                    + "): what trains goes on with --resume.",
                                false)))
        .or(
            () ->
                matched(failure, LOST_CARD)
                    .map(
                        reason ->
                            new SparkFailure(
                                "A GPU is lost ("
                                    + reason
                                    + "): see what nvidia-smi and the system's log say of it; what"
                                    + " trains goes on with --resume.",
                                false)));
  }

  /** A setting that Spark refuses: its own message, without the name that it has for it. */
  private static Optional<SparkFailure> settings(Throwable failure) {
    return first(
            failure,
            at ->
                at instanceof SparkThrowable named
                    && named.getErrorClass() != null
                    && named.getErrorClass().startsWith("INVALID_"))
        .map(
            at ->
                new SparkFailure(
                    at.getMessage().replaceFirst("^\\[[A-Z_.]+] ", "").replaceAll("\\s+", " "),
                    true));
  }

  private static Optional<String> matched(Throwable failure, Pattern pattern) {
    return first(failure, at -> at.getMessage() != null && pattern.matcher(at.getMessage()).find())
        .map(
            at -> {
              Matcher matcher = pattern.matcher(at.getMessage());
              matcher.find();
              return matcher.groupCount() > 0 ? matcher.group(1) : matcher.group();
            });
  }

  private static Optional<Throwable> first(Throwable failure, Predicate<Throwable> wanted) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (wanted.test(at)) {
        return Optional.of(at);
      }
    }
    return Optional.empty();
  }
}
