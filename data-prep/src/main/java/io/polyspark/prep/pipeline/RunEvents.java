package io.polyspark.prep.pipeline;

import io.polyspark.model.config.ConfigFile;
import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.Manifest;
import io.polyspark.prep.PrepareListener;
import io.polyspark.prep.deduplicate.DeduplicateStatistics;
import io.polyspark.prep.events.CorpusEndedEvent;
import io.polyspark.prep.events.CorpusStartedEvent;
import io.polyspark.prep.events.ShardsWrittenEvent;
import io.polyspark.prep.events.SourceCounts;
import io.polyspark.prep.events.StageEndedEvent;
import io.polyspark.prep.events.StageStartedEvent;
import io.polyspark.prep.events.StepCounts;
import io.polyspark.prep.filter.FilterPipeline;
import io.polyspark.prep.filter.Stage;
import io.polyspark.prep.filter.StageReport;
import io.polyspark.prep.filter.StageReport.Volume;
import io.polyspark.prep.read.InputFile;
import io.polyspark.prep.tokenize.Side;
import io.polyspark.prep.tokenize.SideCounts;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.LiveListenerBus;
import org.apache.spark.scheduler.SparkListenerEvent;

/**
 * Says what a run does: to people in a few words, and on Spark's listener bus with what the stages
 * have counted. Nothing is counted for it.
 */
final class RunEvents {
  private final LiveListenerBus bus;
  private final PrepareListener people;
  private boolean running;

  RunEvents(JavaSparkContext spark, PrepareListener people) {
    this.bus = spark.sc().listenerBus();
    this.people = people;
  }

  /** Says what is about to be done, to people. */
  void phase(String description) {
    people.phase(description);
  }

  /**
   * A run knows what it will read; where that is nothing it has no stages.
   *
   * @param version of a corpus that grows; 0 where it does not
   */
  void started(PipelinePlan plan, Path output, long version) {
    running = true;
    post(
        new CorpusStartedEvent(
            System.currentTimeMillis(),
            plan.config().name(),
            InputFile.display(output),
            version,
            plan.inputs().stream().map(RunEvents::files).toList(),
            plan.inputs().isEmpty() ? List.of() : stages(plan),
            ConfigFile.write(Settings.of(plan.config()))));
  }

  void stageStarted(String stage, String description) {
    post(new StageStartedEvent(System.currentTimeMillis(), stage, description));
  }

  void cleaned(CleanReport clean, boolean reused) {
    stageEnded(
        CleanStage.NAME,
        reused,
        Funnel.cleaned(clean),
        clean.rejected(),
        sources(clean, new TreeMap<>(), new TreeMap<>()));
  }

  void deduplicated(CleanReport clean, DeduplicateReport report, boolean reused) {
    DeduplicateStatistics found = report.statistics();
    long left =
        CleanReport.total(clean.kept()).documents()
            - found.exactDuplicates()
            - found.nearDuplicates();
    StageReport step = Funnel.deduplicated(clean, found, new Volume(left, StepCounts.UNKNOWN));
    stageEnded(DeduplicateStage.NAME, reused, List.of(step), Map.of(), List.of());
  }

  /** The third stage is done, which has also counted what deduplication let go on. */
  void tokenized(Stages.Tokenized tokenized, boolean reused) {
    TokenReport tokens = tokenized.tokens();
    List<StageReport> steps = new ArrayList<>();
    tokenized
        .deduplicated()
        .map(report -> Funnel.deduplicated(tokenized.clean(), report.statistics(), tokens.in()))
        .ifPresent(steps::add);
    steps.addAll(Funnel.finished(tokens));
    stageEnded(
        TokenizeStage.NAME,
        reused,
        steps,
        Map.of(),
        sources(tokenized.clean(), tokens.tokenized(), tokens.sources()));
  }

  void sharded(TokenReport report, Map<Side, List<Manifest.File>> files) {
    List<ShardsWrittenEvent.Split> splits = new ArrayList<>();
    for (Side side : Side.values()) {
      SideCounts counts = report.side(side);
      List<Manifest.File> written = files.get(side);
      splits.add(
          new ShardsWrittenEvent.Split(
              side.directory(),
              counts.documents(),
              counts.tokens(),
              counts.textBytes(),
              written.size(),
              written.stream()
                  .limit(ShardsWrittenEvent.MOST_FILES)
                  .map(file -> new ShardsWrittenEvent.File(file.name(), file.tokens()))
                  .toList()));
    }
    post(new ShardsWrittenEvent(System.currentTimeMillis(), splits));
    stageEnded(ShardStage.NAME);
  }

  /** A stage is done that has nothing to tell. */
  void stageEnded(String stage) {
    stageEnded(stage, false, List.of(), Map.of(), List.of());
  }

  /** A run is done; nothing where it has not started or was said to be done. */
  void ended(String note) {
    end("", note);
  }

  /** As {@link #ended} for a run that failed. */
  void failed(Throwable failure) {
    String sentence = firstLine(failure);
    if (!(failure instanceof UserError)) {
      Throwable root = failure;
      while (root.getCause() != null) {
        root = root.getCause();
      }
      sentence += root == failure ? "" : ": " + firstLine(root);
    }
    end(sentence, "");
  }

  private static String firstLine(Throwable failure) {
    return String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
  }

  private void end(String failure, String note) {
    if (running) {
      running = false;
      post(new CorpusEndedEvent(System.currentTimeMillis(), failure, note));
    }
  }

  private void stageEnded(
      String stage,
      boolean reused,
      List<StageReport> steps,
      Map<String, Long> rejected,
      List<SourceCounts> sources) {
    post(
        new StageEndedEvent(
            System.currentTimeMillis(),
            stage,
            reused,
            steps.stream().map(StepCounts::of).toList(),
            rejected,
            sources));
  }

  private void post(SparkListenerEvent event) {
    bus.post(event);
  }

  private static CorpusStartedEvent.SourceFiles files(PipelinePlan.SourceFiles input) {
    return new CorpusStartedEvent.SourceFiles(
        input.source().name(),
        input.files().size(),
        input.files().stream().mapToLong(InputFile::length).sum(),
        input.source().weight());
  }

  private static List<CorpusStartedEvent.Stage> stages(PipelinePlan plan) {
    List<CorpusStartedEvent.Stage> stages = new ArrayList<>();
    stages.add(
        new CorpusStartedEvent.Stage(
            CleanStage.NAME,
            Stream.concat(Stream.of(Funnel.READ), names(plan.cleaning())).toList()));
    if (plan.config().deduplicate().isPresent()) {
      stages.add(
          new CorpusStartedEvent.Stage(DeduplicateStage.NAME, List.of(DeduplicateStage.NAME)));
    }
    stages.add(
        new CorpusStartedEvent.Stage(
            TokenizeStage.NAME,
            Stream.concat(names(plan.finishing()), Stream.of(Funnel.MIX)).toList()));
    stages.add(new CorpusStartedEvent.Stage(ShardStage.NAME, List.of()));
    stages.add(new CorpusStartedEvent.Stage(RunReports.NAME, List.of()));
    return stages;
  }

  private static Stream<String> names(FilterPipeline filters) {
    return filters.stages().stream().map(Stage::name);
  }

  private static List<SourceCounts> sources(
      CleanReport clean,
      Map<String, Volume> tokenized,
      Map<String, EnumMap<Side, SideCounts>> sides) {
    return clean.read().entrySet().stream()
        .map(
            source ->
                new SourceCounts(
                    source.getKey(),
                    source.getValue(),
                    tokenized.getOrDefault(source.getKey(), Volume.NONE),
                    sides.getOrDefault(source.getKey(), new EnumMap<>(Side.class)).values().stream()
                        .mapToLong(SideCounts::tokens)
                        .sum()))
        .toList();
  }
}
