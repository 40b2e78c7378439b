package io.polyspark.prep.events;

import java.util.List;
import org.apache.spark.scheduler.SparkListenerEvent;

/**
 * The shards of a run are written, as an event on Spark's listener bus; Spark writes it to the
 * event log as JSON.
 *
 * @param time when, milliseconds since 1970
 * @param splits what this run adds to each
 */
public record ShardsWrittenEvent(long time, List<Split> splits) implements SparkListenerEvent {
  /** So many files of a split are named. */
  public static final int MOST_FILES = 100;

  /**
   * A split.
   *
   * @param name such as {@code train}
   * @param documents in it, copies counted
   * @param tokens in all files
   * @param textBytes bytes of UTF-8 of the text
   * @param files how many there are
   * @param first the first {@value #MOST_FILES} of them
   */
  public record Split(
      String name, long documents, long tokens, long textBytes, long files, List<File> first) {}

  /**
   * A file.
   *
   * @param name below the corpus' directory
   * @param tokens in it
   */
  public record File(String name, long tokens) {}
}
