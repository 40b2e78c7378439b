package io.polyspark.prep.report;

import io.polyspark.model.shards.Manifest;
import io.polyspark.prep.deduplicate.DeduplicateStatistics;
import io.polyspark.prep.filter.PipelineReport;
import io.polyspark.prep.filter.StageReport;
import io.polyspark.prep.normalize.Languages;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * What a preparation did. The driver fills it in when all is done; what a run has nothing of stays
 * empty, or null where that is said.
 *
 * @param formatVersion version of this format, 1
 * @param run what ran
 * @param sources where the text is from, in the order of the configuration
 * @param funnel the stages in their order: filters as {@link PipelineReport} has them, others in
 *     the same form
 * @param lengths of the documents; null if they were not counted
 * @param languages documents by the code of the language that they were taken for, removed ones
 *     included
 * @param duplicates what deduplication found; null if there was none
 * @param rejections inputs that could not be read, by reason
 * @param splits what was written, as in the manifest
 * @param costs what Spark's stages took, in the order in which they ended
 */
public record RunReport(
    int formatVersion,
    Run run,
    List<Source> sources,
    List<StageReport> funnel,
    Lengths lengths,
    TreeMap<String, Long> languages,
    Duplicates duplicates,
    List<Rejections> rejections,
    Map<String, Manifest.Split> splits,
    List<Cost> costs) {
  /** The format that this code writes and reads. */
  public static final int FORMAT_VERSION = 1;

  /** Copies the lists. */
  public RunReport {
    Objects.requireNonNull(run, "it lacks run");
    Objects.requireNonNull(languages, "it lacks languages");
    Objects.requireNonNull(splits, "it lacks splits");
    sources = copy(sources, "sources");
    funnel = copy(funnel, "funnel");
    rejections = copy(rejections, "rejections");
    costs = copy(costs, "costs");
  }

  /**
   * What ran.
   *
   * @param title name of the configuration
   * @param version of the program; null where it is not known
   * @param application Spark's id of the application
   * @param started when
   * @param duration from then to the end of the work
   * @param earlier names of the stages that an earlier run had done, whose costs are not counted
   */
  public record Run(
      String title,
      String version,
      String application,
      Instant started,
      Duration duration,
      List<String> earlier) {}

  /**
   * A source of text.
   *
   * @param name in the configuration
   * @param documents read from it
   * @param bytes of UTF-8 read from it
   * @param tokens of it in the output, repetitions included
   * @param weight in the mix as configured; 1 where nothing is
   * @param epochs how often a document that is kept is in the output, on average
   */
  public record Source(
      String name, long documents, long bytes, long tokens, double weight, double epochs) {}

  /**
   * Lengths in bytes of UTF-8.
   *
   * @param before of the documents that came in
   * @param after of those that were kept, as they were kept
   */
  public record Lengths(LengthHistogram before, LengthHistogram after) {}

  /**
   * What deduplication found, as {@link DeduplicateStatistics} has it.
   *
   * @param documents that came in
   * @param exact documents dropped for an equal text
   * @param near documents dropped for a similar one
   * @param clusters of at least two documents
   * @param largest some of them, largest first
   */
  public record Duplicates(
      long documents, long exact, long near, long clusters, List<Cluster> largest) {
    /** Copies the list. */
    public Duplicates {
      largest = copy(largest, "largest");
    }

    /**
     * Takes over statistics.
     *
     * @param excerpt the beginning of the text that stands for a cluster, "" where it is not known
     */
    public static Duplicates of(
        DeduplicateStatistics statistics, Function<DeduplicateStatistics.Cluster, String> excerpt) {
      return new Duplicates(
          statistics.documents(),
          statistics.exactDuplicates(),
          statistics.nearDuplicates(),
          statistics.clusters(),
          statistics.largestClusters().stream()
              .map(
                  cluster ->
                      new Cluster(
                          cluster.documents(),
                          cluster.source(),
                          cluster.position(),
                          excerpt.apply(cluster)))
              .toList());
    }
  }

  /**
   * Documents that are equal or similar.
   *
   * @param documents of this run in it
   * @param source where the one is from that stands for them
   * @param position of that one in its source
   * @param excerpt the beginning of its text
   */
  public record Cluster(long documents, String source, long position, String excerpt) {}

  /**
   * Inputs that could not be read for the same reason.
   *
   * @param reason as the manifest counts it
   * @param documents how many
   * @param examples some of them
   */
  public record Rejections(String reason, long documents, List<Example> examples) {
    /** Copies the list. */
    public Rejections {
      examples = copy(examples, "examples");
    }
  }

  /**
   * An input that could not be read.
   *
   * @param source the file
   * @param position the offset or the line in it; null where it is not known
   * @param description what is wrong
   */
  public record Example(String source, Long position, String description) {}

  /**
   * What a stage of Spark's took.
   *
   * @param stage what it did
   * @param time from its first task's start to its last one's end
   * @param tasks how many
   * @param readBytes input read
   * @param shuffleReadBytes read of a shuffle
   * @param shuffleWrittenBytes written to a shuffle
   */
  public record Cost(
      String stage,
      Duration time,
      int tasks,
      long readBytes,
      long shuffleReadBytes,
      long shuffleWrittenBytes) {}

  /** What the stage {@value Languages#NAME} has found, if there is one, for {@code languages}. */
  public static TreeMap<String, Long> languagesIn(List<StageReport> funnel) {
    return funnel.stream()
        .filter(stage -> stage.stage().equals(Languages.NAME))
        .findFirst()
        .map(stage -> new TreeMap<>(stage.events()))
        .orElseGet(TreeMap::new);
  }

  private static <T> List<T> copy(List<T> list, String key) {
    return List.copyOf(Objects.requireNonNull(list, "it lacks " + key));
  }
}
