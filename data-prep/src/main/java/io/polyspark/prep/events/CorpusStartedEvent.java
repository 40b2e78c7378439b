package io.polyspark.prep.events;

import java.util.List;
import org.apache.spark.scheduler.SparkListenerEvent;

/**
 * The beginning of a run, once it is known what it reads, as an event on Spark's listener bus;
 * Spark writes it to the event log as JSON.
 *
 * @param time when, milliseconds since 1970
 * @param name of the configuration
 * @param output the corpus' directory
 * @param version which version of a corpus that grows, from 1 on; 0 where it does not grow
 * @param sources what is read, in the order of the configuration
 * @param stages what will be done, in order
 * @param settings the configuration, defaults included, as YAML that {@code --config} reads
 */
public record CorpusStartedEvent(
    long time,
    String name,
    String output,
    long version,
    List<SourceFiles> sources,
    List<Stage> stages,
    String settings)
    implements SparkListenerEvent {
  /**
   * A source, as its files lie there.
   *
   * @param name in the configuration
   * @param files how many
   * @param bytes of all of them, compressed where they are
   * @param weight in the mix
   */
  public record SourceFiles(String name, long files, long bytes, double weight) {}

  /**
   * A stage, which leaves a table; also the name of the group of its jobs.
   *
   * @param name such as {@code clean}
   * @param steps those of the funnel that it takes, in order
   */
  public record Stage(String name, List<String> steps) {}
}
